#!/bin/sh
# --strace beside strace: the same lines for the same program, but for addresses, numbers of processes and the columns.
# Ends with "N passed, N failed"; a line counts.
set -u
pvm=${PVM:-$PWD/out/pvm}
command -v strace >/dev/null || { echo "SKIPPED: strace is not installed"; echo "0 passed, 0 failed"; exit 0; }
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
gcc -O1 -w -static -D_GNU_SOURCE -o "$top/calls" tests/linux/trace/calls.c || exit 1
strace -o "$top/theirs" "$top/calls" 2>/dev/null || true
[ -s "$top/theirs" ] || { echo "SKIPPED: strace cannot trace here"; echo "0 passed, 0 failed"; exit 0; }
"$pvm" --strace "$top/calls" 2>"$top/ours"

# What begins behind the C library's start: from the call that does not exist on.
normal() {
	sed -e 's/^\[[0-9]*\] //' -e 's/ *= \(-\{0,1\}[0-9?]\)/ = \1/' -e 's/0x[0-9a-f]*/ADDR/g' -e 's/^\(syscall_ADDR\).*) = /\1() = /' -e '/^+++/d' "$1" | sed -n '/syscall_/,$p'
}
normal "$top/theirs" >"$top/a"
normal "$top/ours" >"$top/b"
lines=$(wc -l <"$top/a")
bad=$(diff "$top/a" "$top/b" | grep -c '^<')
diff "$top/a" "$top/b"
echo "$((lines - bad)) passed, $bad failed"
[ "$bad" = 0 ]
