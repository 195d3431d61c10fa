#!/bin/sh
# 3DNow! and SSE4a, which Intel's processors lack: Debian's qemu-user is the oracle.
set -u
pvm=${PVM:-$PWD/out/pvm}
out=${OUT:-out/tests}
passed=0 failed=0
mkdir -p "$out"

# try QEMU COMPILER [OPTION...]
try() {
	qemu=$1
	shift
	command -v "$1" >/dev/null || return
	"$@" -O1 -w -static -o "$out/amd" tests/x86/amd.c -lm
	timeout 60 "$qemu" -cpu max,+3dnow,+3dnowext,+sse4a "$out/amd" >"$out/amd.want"
	for mode in jit eval; do
		if timeout 60 "$pvm" --exec=$mode "$out/amd" | cmp - "$out/amd.want"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL amd.c ($1, $mode)"
		fi
	done
}

if command -v qemu-x86_64 >/dev/null && [ "$(uname -m)" = x86_64 ]; then
	try qemu-x86_64 gcc
	try qemu-i386 i686-linux-gnu-gcc -msse2
else
	echo "SKIPPED: no qemu-x86_64 (sh tests/deps.sh cross)"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
