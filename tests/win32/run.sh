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

# Waits until a program has said something.
await() {
	for _ in $(seq 200); do
		grep -q "$2" "$1" && return
		sleep 0.1
	done
}

# typed MODE PROGRAM: on a terminal; the keys are typed when the program waits for them
typed() {
	work=$(mktemp -d)
	: >"$work/output"
	{
		await "$work/output" raw
		printf 'aB\033[A\177\003\303\251\r'
		await "$work/output" line
		printf 'some text\n'
		await "$work/output" written
	} | timeout 60 script -qec "$pvm --exec=$1 $2" /dev/null >"$work/output"
	tr -d '\r' <"$work/output" | cat -v
	rm -rf "$work"
}

# check DIR NAME: the program DIR/NAME.exe, in each mode
check() {
	for mode in $modes; do
		if [ "$2" = tty ]; then
			[ $mode = wine ] && continue
			typed $mode "$PWD/$1/$2.exe" >"$1/$2.$mode"
		else
			run $mode "$PWD/$1/$2.exe" plain "two words" 'quo"te' 'back\slash\' '' >"$1/$2.$mode"
		fi
		if cmp -s "$here/$2.out" "$1/$2.$mode"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL $2 ($(basename "$1"), $mode)"
			diff "$here/$2.out" "$1/$2.$mode" | head -10
		fi
	done
}

# msvc SOURCE DIR NAME: as Visual C++ would compile it, by clang for its target, against the C library and vcruntime140
msvc() {
	case $2 in
	*x86_64) cpu=x86_64 throw=_CxxThrowException handler=__CxxFrameHandler3 end=__std_terminate ;;
	*) cpu=i686 throw=_CxxThrowException@8 handler=__CxxFrameHandler3 end=__std_terminate ;;
	esac
	printf 'LIBRARY vcruntime140.dll\nEXPORTS\n%s\n%s\n%s\n' $throw $handler $end >"$2/vcruntime.def"
	printf 'LIBRARY msvcrt.dll\nEXPORTS\nprintf\nexit\n' >"$2/crt.def"
	$cpu-w64-mingw32-dlltool -k -d "$2/vcruntime.def" -l "$2/vcruntime.lib" && $cpu-w64-mingw32-dlltool -d "$2/crt.def" -l "$2/crt.lib" &&
		clang --target=$cpu-pc-windows-msvc -fexceptions -fcxx-exceptions -O1 -fno-builtin -c "$1" -o "$2/$3.obj" &&
		lld-link /nologo /entry:start /subsystem:console /safeseh:no "/out:$2/$3.exe" "$2/$3.obj" "$2/vcruntime.lib" "$2/crt.lib"
}

for cc in x86_64-w64-mingw32-gcc i686-w64-mingw32-gcc; do
	if ! command -v $cc >/dev/null; then
		echo "SKIPPED: $cc is not installed: no Windows program was tested"
		continue
	fi
	for src in "$here"/*.c "$here"/*.cc "$here"/*.cpp; do
		name=$(basename "${src%.c*}") dir=$out/${cc%%-*}
		mkdir -p "$dir"
		case $src in
		*.cpp)
			if ! command -v lld-link >/dev/null || ! command -v clang >/dev/null; then
				echo "SKIPPED: clang or lld is not installed: $name was not tested"
				continue
			fi
			msvc "$src" "$dir" "$name"
			;;
		*.cc) ${cc%gcc}g++ -static -D__USE_MINGW_ANSI_STDIO=0 -O1 -w -o "$dir/$name.exe" "$src" $libs ;;
		*) $cc -D__USE_MINGW_ANSI_STDIO=0 -O1 -w -o "$dir/$name.exe" "$src" $libs ;;
		esac || { echo "FAIL $src does not compile by $cc"; failed=$((failed + 1)); continue; }
		check "$dir" "$name"
	done
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
