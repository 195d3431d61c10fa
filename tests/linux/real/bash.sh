# needs: bash
# short: jit
# shell: bash
echo "--- arrays"
a=(zero one two); a[5]=five; a+=(six)
echo ${#a[@]} ${!a[@]} "${a[@]:1:2}" ${a[-1]}
declare -A m=([x]=1 [yy]=2); m[zzz]=3; for k in $(printf '%s\n' "${!m[@]}" | sort); do echo $k=${m[$k]}; done
mapfile -t lines < <(seq 3); echo "${lines[@]/%/!}"
echo "--- substitutions"
s='Hello, World'; echo ${s^^} ${s,,} ${s/o/0} ${s//o/0} ${s:7} ${s:0:5} ${s: -3}
echo {a..e} {1..10..3} x{1,2}{a,b}
printf '%q %05.2f %(%Y-%m-%d)T\n' "a b'c" 3.14159 0
echo "--- tests"
[[ abc123 =~ ^([a-z]+)([0-9]+)$ ]] && echo ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}
[[ foo == f* && ! -e nothing && 3 -lt 10 ]] && echo yes
shopt -s extglob; case aaab in +(a)b) echo ext ;; esac
echo "--- arithmetic"
((x = 5, y = x ** 3, y++)); echo $x $y $((x++ + ++x)) $((2#1011)) $((36#zz))
for ((i = 0, j = 10; i < j; i += 3, j--)); do echo -n "$i,$j "; done; echo
RANDOM=42; echo $RANDOM $RANDOM $RANDOM
echo "--- processes"
diff <(seq 5) <(seq 2 6); echo $?
coproc cat; echo through >&"${COPROC[1]}"; read -r l <&"${COPROC[0]}"; echo $l; eval "exec ${COPROC[1]}>&-"; wait
set -o pipefail; false | true; echo $?; set +o pipefail
( exec -a renamed bash -c 'echo $0' )
echo "--- traps"
f() { trap 'echo return' RETURN; echo in f; }; f
trap 'echo int; trap - INT' INT; kill -INT $$; trap 'echo at exit' EXIT
n=0; trap 'n=$((n + 1))' USR1; for i in {1..20}; do kill -USR1 $$; done; echo $n
echo "--- sieve"
n=2000; for ((i = 2; i <= n; i++)); do p[i]=1; done
for ((i = 2; i * i <= n; i++)); do ((p[i])) && for ((j = i * i; j <= n; j += i)); do p[j]=0; done; done
c=0; for ((i = 2; i <= n; i++)); do ((c += p[i])); done; echo $c
echo "--- read and printf"
while IFS=, read -r x y z; do echo "$z/$y/$x"; done <<<$'1,2,3\n4,5,6'
read -r -n 3 t <<<abcdef; echo $t; read -r -d ';' t <<<'semi;colon'; echo $t
printf -v v '%s-%s' a b; echo $v; echo -e 'a\tb\x41\u00e9' | od -c | head -2
