#!/bin/sh
# make demo: pvm's main job on real programs, from the source to another architecture.
set -eu
pvm=out/pvm
dir=out/demo
mkdir -p $dir

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }
show() { echo "\$ $*"; "$@"; }

say "A program runs from its source"
show $pvm examples/mandelbrot.pas 64 | head -28

say "... or is compiled to a portable file first, which runs anywhere"
show $pvm build examples/sudoku.pas -o $dir/sudoku.pco
ls -l $dir/sudoku.pco | awk '{ print $5 " bytes" }'
show $pvm verify $dir/sudoku.pco
echo "\$ $pvm $dir/sudoku.pco < tests/examples/sudoku.in"
$pvm $dir/sudoku.pco <tests/examples/sudoku.in

say "A Lisp, written in Pascal, on three executors: the same output?"
for how in interp eval jit; do
	$pvm --exec=$how examples/lisp.pas <tests/examples/lisp.in >$dir/lisp.$how
	cmp $dir/lisp.$how tests/examples/lisp.out && echo "--exec=$how: as expected"
done

say "Mistakes in a program are shown where they are"
cat >$dir/mistake.pas <<'END'
program mistake;
var
  count: integer;
begin
  count := 'one';
  cuont := count + 1;
  writln(count)
end.
END
show $pvm $dir/mistake.pas || true

say "... and mistakes of a running program too"
cat >$dir/bounds.pas <<'END'
program bounds;
var
  a: array [1..10] of integer;

procedure fill(n: integer);
var
  i: integer;
begin
  for i := 1 to n do
    a[i] := i
end;

begin
  fill(11)
end.
END
show $pvm $dir/bounds.pas || echo "status $?"

say "Every stage can be looked at: one small function"
cat >$dir/gcd.pas <<'END'
program greatest;
function gcd(a, b: integer): integer;
var
  t: integer;
begin
  while b <> 0 do begin
    t := a mod b;
    a := b;
    b := t
  end;
  gcd := a
end;

begin
  writeln(gcd(1071, 462))
end.
END
cat $dir/gcd.pas
for stage in tokens ast; do
	say "$stage (the first lines)"
	$pvm dump --stage=$stage $dir/gcd.pas >$dir/stage
	head -12 $dir/stage
done
for stage in pcode ocode opt regs asm; do
	case $stage-$(uname -m) in
	regs-x86_64 | asm-x86_64 | pcode-* | ocode-* | opt-*) ;;
	*) continue ;;
	esac
	say "$stage"
	$pvm dump --stage=$stage --func=gcd $dir/gcd.pas
done

if [ "$(uname -m)" = x86_64 ]; then
	say "A Linux program: busybox, its shell and all that it starts"
	echo "\$ $pvm /bin/busybox sh -c 'seq 1 2000 | gzip | gunzip | sha256sum'"
	$pvm "$(command -v busybox)" sh -c 'seq 1 2000 | gzip | gunzip | sha256sum' >$dir/sum
	seq 1 2000 | sha256sum | cmp - $dir/sum && cat $dir/sum && echo "as the native programs say"

	say "... and python3, dynamic, with its libraries"
	show $pvm /usr/bin/python3 -c 'import platform, hashlib, json; print(json.dumps({"machine": platform.machine(), "sum": hashlib.md5(b"abc").hexdigest(), "2**100": 2**100}))'

	say "Which calls of the system, and what it needs"
	$pvm --strace "$(command -v busybox)" echo hello 2>&1 | tail -2
	show $pvm info /usr/bin/python3 | head -12

	say "A program that dies: the calls that led there"
	cat >$dir/crash.c <<'END'
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)0; }
int main(void) { int v[] = {3, 1, 2}; qsort(v, 3, sizeof *v, compare); return v[0]; }
END
	gcc -g -w -o $dir/crash $dir/crash.c
	{ show $pvm --backtrace $dir/crash || echo "status $?"; } 2>&1 | grep -v 'Segmentation fault'

	say "Its function at each stage: x86, O-code, and machine code again"
	for stage in x86 opt asm; do
		$pvm dump --stage=$stage --func=compare $dir/crash | head -24
	done
fi

for pair in aarch64-linux-gnu:aarch64 riscv64-linux-gnu:riscv64 s390x-linux-gnu:s390x; do
	triple=${pair%:*} cpu=${pair#*:}
	if command -v "$triple-gcc" >/dev/null && command -v "qemu-$cpu" >/dev/null; then
		say "The same file on $cpu"
		${MAKE:-make} -s -j2 CROSS="$triple" LDFLAGS='-static -no-pie'
		"qemu-$cpu" "out/$triple/pvm" $dir/sudoku.pco <tests/examples/sudoku.in >$dir/sudoku.$cpu
		$pvm $dir/sudoku.pco <tests/examples/sudoku.in | cmp - $dir/sudoku.$cpu
		tail -1 $dir/sudoku.$cpu
		echo "the same bytes as here"
	fi
done
say "Done.  The README tells more; make check runs all tests."
