# needs: rg fdfind fzf shellcheck
# widths: 64
echo "--- Rust: ripgrep and fd, several threads"
mkdir -p t/a t/b; for i in 1 2 3 4 5 6 7 8; do seq $i 400 >t/a/f$i; echo "word$i needle" >>t/b/g$((i % 3)); done
rg -c needle t | sort; rg --sort path -n 'word[2-4]' t; rg -j1 -o '^39.$' t/a | wc -l; fdfind . t | sort; fdfind -j1 g t
echo "--- Go: fzf"; seq 300 | fzf -f 29 | sort -n | head -5; printf 'apple\nmaple\nplum\n' | fzf -f apl
echo "--- Haskell: shellcheck"; printf '#!/bin/sh\nfor f in $(ls); do echo $f; done\n[ $x = 1 ] && rm -rf "$y/"*\n' >s.sh; shellcheck s.sh; echo $?
