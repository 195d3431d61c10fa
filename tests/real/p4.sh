#!/bin/sh
# Pascal-P4 through all its stages, under pvm and by Free Pascal's code, every file compared:
#
#   sh tests/real/p4.sh DIR      DIR holds pcom.pas, pint.pas and standardp.pas (github: samiam95124/Pascal-P4)
#
# pcom compiles standardp.pas and itself; pint runs what it made of standardp.pas.  The sources are compiled unchanged,
# in ISO mode and without checks (pint adds 1 to true).  For Free Pascal the two files are given their names, because
# it takes them from the arguments in an order of its own.
set -u
src=$(cd "$1" && pwd) || exit 2
root=$(pwd) work=$(pwd)/out/real/p4
rm -rf "$work"
mkdir -p "$work"
cd "$work" || exit 2

sed "s/rewrite(prr);/assign(prr,'prr'); &/" "$src/pcom.pas" >fpcom.pas
sed "s/^  rewrite(prr);/  assign(prr,'prr'); &/; s/ reset(prd);/ assign(prd,'prd'); &/" "$src/pint.pas" >fpint.pas
for p in pcom pint; do
	fpc -Miso -O2 -v0 f$p.pas >fpc.log 2>&1 || { cat fpc.log; exit 2; }
	echo "{\$mode iso}{\$R-,Q-}{\$i $src/$p.pas}" >$p.pas
done

# stages NAME PCOM PINT
stages() {
	mkdir "$1"
	(cd "$1" && $2 <"$src/standardp.pas" >std.lst && mv prr std.p4 && cp std.p4 prd &&
		$3 </dev/null >std.run && mv prr std.prr && $2 <"$src/pcom.pas" >pcom.lst && mv prr pcom.p4)
}

passed=0 failed=0
stages fpc ../fpcom ../fpint || { echo "p4: Free Pascal's programs failed"; exit 2; }
for x in interp jit; do
	if stages $x "$root/out/pvm --exec=$x ../pcom.pas" "$root/out/pvm --exec=$x ../pint.pas" && diff -rq fpc $x; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL p4 on $x"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
