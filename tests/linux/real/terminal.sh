# needs: tmux vim.basic less
# seconds: 900
# Full-screen programs: what tmux, itself a guest then, shows of them.
unset TMUX; export LC_ALL=C.UTF-8 SHELL=/bin/sh
echo 'set -g remain-on-exit on' >conf; t="tmux -S $PWD/sock -f $PWD/conf"
seq 1 200 | sed 's/$/ the quick brown fox jumps over the lazy dog/' >f
printf 'int main(void)\n{\n\treturn "text" != 0; /* why */\n}\n' >p.c; printf 'äöü €\t漢字 end\n\033[1mbold\033[0m \033[31mred\033[0m\n' >u
# settled: until the screen has been the same for a second
settled() { last=; same=0; for i in $(seq 200); do now=$($t capture-pane -pe | md5sum); [ "$now" = "$last" ] && same=$((same + 1)) || same=0; last=$now; [ $same -ge 8 ] && return; sleep 0.12; done; echo "never settled"; }
show() { settled; $t capture-pane -pe; $t display -p 'cursor #{cursor_x},#{cursor_y} #{pane_width}x#{pane_height} #{alternate_on}'; }
keys() { $t send-keys "$@"; }
instead() { $t respawn-window -k "$1"; }
echo "--- vim"; $t new-session -d -x 80 -y 24 "vim.basic -u NONE -i NONE -n f"; show
keys ':set nu hls ruler' Enter 50G '/lazy' Enter; show
echo "--- vim edits"; keys o 'inserted text' Enter 'second line' Escape u C-r; keys gg V G '!sort -rn' Enter; settled; keys 3dd p :vsplit Enter C-w w 10jzt; show
echo "--- vim, syntax and size"; keys ':e! p.c' Enter ':syntax on' Enter; show; $t resize-window -x 60 -y 15; show; keys ':%s/text/other/g' Enter ':wqa!' Enter; settled; cat p.c
echo "--- less"; $t resize-window -x 70 -y 15; instead "less -N f"; show; keys Space Space 20g; show; keys '/99' Enter; show; keys '&fox jumps' Enter G b; show; keys -- '-S' Enter Right; show; keys q; settled
echo "--- less, other"; instead "less -R u"; show; keys q; settled; instead "seq 100 | less +G; stty -a; sleep 100"; show; keys q; show
echo "--- shell"; instead "bash --norc --noprofile -i"; settled; keys 'PS1="> "; clear' Enter; settled; keys 'sleep 100' Enter; settled; keys C-c; settled; keys 'echo $?; stty size; tput cols' Enter; settled
keys cat Enter; settled; keys typed Enter; settled; keys C-z; settled; keys 'jobs | cut -c1-20; fg' Enter; settled; keys C-d; settled; keys '(sleep 100; echo never) &' Enter; settled; keys 'kill %1; wait; echo waited' Enter; show | sed "s,^.1. [0-9]*$,[1] PID,"; keys exit Enter
$t kill-server; rm -f sock
