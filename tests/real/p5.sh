#!/bin/sh
# Pascal-P5: its tests of ISO 7185, and its compiler.
#
#   sh tests/real/p5.sh [DIR] [--self]     DIR holds github's samiam95124/Pascal-P5; without it, it is cloned
#
# iso7185pat.pas says of each result what it should be.  Each iso7185prt*.pas breaks one rule and must be refused, or stopped
# when it runs; those that are not are listed, and compared with prt.txt.  pcom, compiled by pvm, compiles itself; with
# --self pint, compiled by pvm, runs the code that it made, which must make the same code (minutes).
set -u
work=$(pwd)/out/real/p5 pvm=$(pwd)/out/pvm here=$(pwd)/tests/real
src=out/real/Pascal-P5 self=no
for a in "$@"; do
	case $a in --self) self=yes ;; *) src=$a ;; esac
done
if [ ! -d "$src/standard_tests" ] && ! git clone -q --depth 1 https://github.com/samiam95124/Pascal-P5 "$src" 2>/dev/null; then
	echo "p5: SKIPPED: Pascal-P5 could not be cloned (no network?)"
	exit 0
fi
src=$(cd "$src" && pwd)
tests=$src/standard_tests
rm -rf "$work"
mkdir -p "$work" && cd "$work" || exit 2
passed=0 failed=0

ok() {
	if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAIL p5: $2"; fi
}

# Lines "name: result s/b expectation" that do not end the result so; the sizes of real numbers aside.
differing() {
	sed 's/  */ /g; s/ $//; /^Rea/d; s/e+0/e+/g' "$1" | awk '{
		if (!(at = index($0, " s/b "))) next
		result = tolower(substr($0, 1, at - 1)); want = tolower(substr($0, at + 5))
		if (substr(result, length(result) - length(want) + 1) != want) print
	}'
}

"$pvm" build --std=iso "$tests/iso7185pat.pas" -o pat.pco
ok $? "iso7185pat.pas does not compile"
for x in interp eval jit; do
	timeout 100 "$pvm" --exec=$x pat.pco <"$tests/iso7185pat.inp" >pat.$x
	ok $? "iso7185pat stops on $x"
	cmp pat.interp pat.$x
	ok $? "iso7185pat prints something else on $x"
done
differing pat.jit >differ
diff "$here/pat.txt" differ
ok $? "iso7185pat has other results than pat.txt"

for t in "$tests"/iso7185prt*.pas; do
	timeout 10 "$pvm" --std=iso "$t" <"${t%.pas}.inp" >out 2>err && basename "$t" .pas | sed 's/iso7185prt//'
done >accepted
sed 's/ .*//' "$here/prt.txt" | diff - accepted
ok $? "other tests than those of prt.txt go undetected"
echo "p5: of $(ls "$tests"/iso7185prt*.pas | wc -l) programs with an error $(wc -l <accepted) go undetected"

for p in pcom pint; do
	cpp -P -nostdinc -traditional-cpp -DWRDSIZ32 "$src/source/$p.pas" $p.pas && "$pvm" build --std=iso $p.pas -o $p.pco
	ok $? "$p.pas does not compile"
done
cpp -P -nostdinc -traditional-cpp -DWRDSIZ32 -DSELF_COMPILE "$src/source/pcom.pas" self.pas
/usr/bin/time -f "p5: pcom compiles itself in %U s" -o time "$pvm" pcom.pco self.pas self.p5 >self.lst && cat time && grep -q 'Errors in program: 0' self.lst
ok $? "pcom does not compile itself"
echo "program hello(output); begin writeln('hello':6) end." >hello.pas
"$pvm" pcom.pco hello.pas hello.p5 >hello.lst && "$pvm" pint.pco hello.p5 hello.out </dev/null | grep -q '^ hello$'
ok $? "pint does not run what pcom made"
if [ $self = yes ]; then
	cat self.p5 self.pas >both
	"$pvm" pint.pco both again.p5 </dev/null >again.lst && cmp self.p5 again.p5
	ok $? "pcom run by pint makes other code"
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
