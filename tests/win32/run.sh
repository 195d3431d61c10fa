#!/bin/sh
# Windows programs in C, compiled with MinGW for both widths, by eval and by jit.  What they should print and return (NAME.out)
# is what Microsoft documents; --wine asks Debian's wine, where it is installed.  Ends with "N passed, N failed".
set -u
pvm=${PVM:-$PWD/out/pvm}
modes=${MODES:-eval jit}
out=${OUT:-out/tests/win32}
here=tests/win32
passed=0 failed=0
libs="-lsynchronization -lws2_32"
mkdir -p "$out"

[ "${1:-}" = --wine ] && modes=wine

# run MODE PROGRAM [ARGUMENT...]: in a fresh directory, with the status as the last line, without "\r"
run() {
	mode=$1 work=$(mktemp -d)
	shift
	case $mode in
	wine) set -- wine "$@" ;;
	*) set -- "$pvm" --exec=$mode "$@" ;;
	esac
	(cd "$work" && timeout 60 "$@" </dev/null 2>"$work/errors" >"$work/output"; echo "status $?" >>"$work/output")
	tr -d '\r' <"$work/output"
	grep -v 'unhandled exception' "$work/errors" | tr -d '\r'
	rm -rf "$work"
}

for cc in x86_64-w64-mingw32-gcc i686-w64-mingw32-gcc; do
	if ! command -v $cc >/dev/null; then
		echo "SKIPPED: $cc is not installed: no Windows program was tested"
		continue
	fi
	for src in "$here"/*.c "$here"/*.cc; do
		name=$(basename "${src%.cc}" .c) dir=$out/${cc%%-*} compile=$cc
		mkdir -p "$dir"
		[ "${src%.cc}" = "$src" ] || compile="${cc%gcc}g++ -static"
		$compile -D__USE_MINGW_ANSI_STDIO=0 -O1 -w -o "$dir/$name.exe" "$src" $libs || { echo "FAIL $src does not compile by $cc"; failed=$((failed + 1)); continue; }
		for mode in $modes; do
			run $mode "$PWD/$dir/$name.exe" plain "two words" 'quo"te' 'back\slash\' '' >"$dir/$name.$mode"
			if cmp -s "$here/$name.out" "$dir/$name.$mode"; then
				passed=$((passed + 1))
			else
				failed=$((failed + 1))
				echo "FAIL $name (${cc%%-*}, $mode)"
				diff "$here/$name.out" "$dir/$name.$mode" | head -10
			fi
		done
	done
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
