#!/bin/sh
# Free Pascal's own tests, from the source package fpc: how many of those about the language pass.
#   sh tests/real/fpc.sh [--list=FILE] [tbs|test|webtbs|tbf|webtbf ...]
# A test must compile and end with the status that its first lines say (%RESULT, else 0); those of tbf and webtbf, and those that
# say %FAIL, must not compile.  Left out: tests that want another processor or system, libraries, a terminal, or assembler.
# --list writes a line for each test: passed, failed or left out, its name, and the first line of what went wrong.
cd "$(dirname "$0")/../.." || exit 2
[ "$ONE" ] || . tests/real/fetch.sh
list=out/real/fpc.list
if [ -z "$ONE" ]; then case $1 in --list=*) list=${1#--list=}; shift ;; esac; fi
[ $# -gt 0 ] || set -- tbs test webtbs tbf webtbf
[ "$ONE" ] || fetch_source fpc "$real/fpc" '*/tests/*' || { echo "FREE PASCAL'S TESTS ARE NOT HERE: the source package fpc could not be had" >&2; exit 1; }
[ "$ONE" ] || src=$real/fpc/fpcsrc/tests

one() {
	f=$1 dir=$2
	head=$(head -c 1500 "$f" | tr -d '\r')
	case $head in *%TARGET=*|*%target=*|*%CPU=*|*%cpu=*|*%NEEDLIBRARY*|*%INTERACTIVE*|*%interactive*|*%GRAPH*|*%SKIP*|*%NEEDEDAFTER*) echo "left out $f"; return ;; esac
	if grep -qiE '^[^{/]*\basm\b|assembler;' "$f"; then echo "left out $f"; return; fi
	want=0
	case $head in *%RESULT=*) want=$(printf %s "$head" | sed -n 's/.*%RESULT=\([0-9]*\).*/\1/p' | head -1) ;; esac
	case $dir$head in tbf*|webtbf*|*%FAIL*) want=fail ;; esac
	norun=; case $head in *%NORUN*|*%norun*) norun=1 ;; esac
	cd "$(dirname "$f")" || return
	unit=$(sed -n 's/^[[:space:]]*[uU][nN][iI][tT][[:space:]]*\([A-Za-z_0-9]*\)[[:space:]]*;.*/\1/p' "$f" | head -1)
	if [ "$unit" ] && ! grep -qiE '^[[:space:]]*program' "$f"; then # a unit: a program that uses it
		[ $want = 0 ] || want=fail
		norun=1 source=$f f=$tmp/u.$$.pas
		printf "program u; uses %s in '%s'; begin end.\n" "$unit" "$source" >"$f"
	fi
	if [ $want = fail ] || [ $norun ]; then
		out=$(timeout 10 "$pvm" build --units "$src/tstunits" "$f" -o "$tmp/x.$$.pco" 2>&1 </dev/null); st=$?
		rm -f "$tmp/x.$$.pco"
	else
		out=$(timeout 20 "$pvm" run --units "$src/tstunits" "$f" 2>&1 </dev/null); st=$?
	fi
	case $want in
	fail) [ $st = 1 ] && ok=passed || ok=failed ;;
	*) [ $st = "$want" ] && ok=passed || ok=failed ;;
	esac
	[ -z "$unit" ] || { [ "$f" != "$tmp/u.$$.pas" ] || rm -f "$f"; }
	f=${source:-$f}
	echo "$ok $f $([ $ok = failed ] && printf '%s\n' "$out" | tr -d '\0' | grep -aE 'error|malformed|pvm:' | head -1 | sed 's/.*error: /error: /' | cut -c1-110; [ $ok = failed ] && echo "status $st")" | tr '\n' ' '
	echo
}

if [ "$ONE" ]; then
	one "$1" "$ONE"
	exit
fi
pvm=${PVM:-$(pwd)/out/pvm} tmp=$(mktemp -d)
export pvm tmp src
: >"$list"
for dir; do
	ls "$src/$dir"/*.pp | ONE=$dir xargs -P "$(nproc)" -n 1 sh "$0" >>"$list"
	echo "$dir: $(grep -c "^passed.*/$dir/" "$list") passed, $(grep -c "^failed.*/$dir/" "$list") failed, $(grep -c "^left out.*/$dir/" "$list") left out"
done
rm -r "$tmp"
