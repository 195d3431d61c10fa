# needs: dash
# short: jit eval
# modes: jit eval
echo "--- expansions"
x=/usr/local/lib/libfoo.so.1.2
echo ${x##*/} ${x%.*} ${x%%.*} ${x#*/} ${#x} ${y:-unset} ${y:=now} $y ${x:+set}
set -- 'a b' c 'd  e'
echo $# "$*" "$@" $*
IFS=:; set -- $(echo one:two::four); echo $# "$1-$2-$3-$4"; unset IFS
echo "--- arithmetic"
i=0; s=0
while [ $i -lt 100 ]; do i=$((i + 1)); s=$((s + i * i)); done
echo $s $((s % 97)) $((0x1f | 64)) $((~5)) $((1 << 62)) $((-7 / 2)) $((-7 % 3)) $((3 > 2 ? 10 : 20))
echo "--- functions"
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 10
outer() { local v=in; inner; echo $v; }; inner() { v=changed; }; v=out; outer; echo $v
echo "--- here documents"
cat <<END | while read -r a b; do echo "[$b] [$a]"; done
first line of $((2 + 3))
second \$not `echo command`
END
cat <<'END'
$no `expansion` here
END
echo "--- patterns"
for w in apple banana cherry 42 .hidden; do
	case $w in a*) k=a ;; *an*) k=an ;; [0-9]*) k=number ;; .*) k=dot ;; *) k=other ;; esac
	echo $w $k
done
touch b1 b2 c1; echo *1 b? [!b]*
echo "--- options"
OPTIND=1; while getopts ab:c o -a -b val -c rest; do echo "$o=${OPTARG-}"; done
echo "--- jobs and signals"
trap 'echo got TERM' TERM; kill -TERM $$; trap - TERM
(trap 'echo bye' EXIT; exit 3); echo $?
sleep 0.1 & wait $!; echo $?
(kill -KILL $$ 2>/dev/null; :) & wait $! 2>/dev/null; echo wait $?
sh -c 'kill -SEGV $$'; echo $?
echo "--- redirections"
{ echo out; echo err >&2; } 2>err.txt >out.txt; cat err.txt out.txt
exec 4<out.txt; read -r l <&4; echo $l; exec 4<&-
echo a >>f; echo b >>f; wc -l <f
(ulimit -n 64; ulimit -n); umask 027; umask; : >m; ls -l m | cut -c1-10
echo "--- pipes"
seq 1 1000 | while read -r n; do [ $((n % 250)) = 0 ] && echo $n; done
yes | head -3; printf '%s|%5d|%-5s|%x|%c|%b\n' str 42 ab 255 z 'tab\there'
