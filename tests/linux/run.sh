#!/bin/sh
# Linux programs, native and under pvm: the same output and status.  Small C programs of this folder, static, for x86-64
# and (with gcc-i686-linux-gnu) i386, by eval, by jit, by jit with regions at once, and as without an option.  Ends with
# "N passed, N failed".
#
# From the environment: PVM and MODES, what runs them; OUT, a directory for output; and for a part of it all (hosts that an
# emulator is), PROGRAMS, the C programs by name; SHARE "K/N", every Nth line of the tour from K on; DROP, an expression
# for output that is not compared; LEAVE, one for lines of the tour that are left out (too slow); TIMES, a factor for the time allowed.
set -u
pvm=${PVM:-$PWD/out/pvm}
modes=${MODES:-eval jit hot auto}
out=${OUT:-out/tests/linux}
here=tests/linux
share=${SHARE:-0/1}
programs=${PROGRAMS:-$(cd $here && ls *.c | sed 's/\.c$//')}
drop=${DROP:-$^}
leave=${LEAVE:-$^}
times=${TIMES:-1}
passed=0 failed=0
mkdir -p "$out"

[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the oracle of tests/linux is an x86-64 processor"; echo "0 passed, 0 failed"; exit 0; }

# hot: every loop becomes a region at once; auto: units are evaluated before they are compiled, as without an option
flags() {
	case $1 in
	hot) echo --exec=jit --hot=1 ;;
	auto) ;;
	*) echo --exec=$1 ;;
	esac
}

# same NAME PROGRAM [ARGUMENT...]
same() {
	name=$1
	shift
	timeout 60 "$@" >"$out/$name.all" 2>"$out/$name.want2" </dev/null
	echo "status $?" >>"$out/$name.all"
	grep -av "$drop" "$out/$name.all" >"$out/$name.want"
	for mode in $modes; do
		timeout $((60 * times)) "$pvm" $(flags $mode) "$@" >"$out/$name.all" 2>"$out/$name.${mode}2" </dev/null
		echo "status $?" >>"$out/$name.all"
		grep -av "$drop" "$out/$name.all" >"$out/$name.$mode"
		if cmp -s "$out/$name.want" "$out/$name.$mode"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL $name ($mode)"
			diff "$out/$name.want" "$out/$name.$mode" | head -5
			head -2 "$out/$name.${mode}2"
		fi
	done
}

programs() {
	for n in $programs; do
		src=$here/$n.c
		$2 -D_GNU_SOURCE -O1 -w -static -o "$out/$n-$1" "$src" || { echo "FAIL $src does not compile by $2"; failed=$((failed + 1)); continue; }
		same "$n-$1" "$PWD/$out/$n-$1"
	done
}

# Runs the lines of tour.sh, each in a fresh directory, and prints what they print.  $1: the first line; $2: busybox; the
# rest: what runs it.
tour() {
	first=$1 bb=$2
	shift 2
	n=0
	sed '/^#/d' "$here/tour.sh" | awk '/<<END/ { hold = $0; next } hold { hold = hold "\001" $0; if ($0 == "END") { print hold; hold = "" } next } { print }' |
	while IFS= read -r line; do
		n=$((n + 1))
		[ $(((n + first) % ${share#*/})) = 0 ] || continue
		! echo "$line" | grep -q "$leave" || continue
		work=$(mktemp -d)
		echo "--- $n: $line" | tr '\001' ' '
		(cd "$work" && HOME=/ bb=$bb timeout $((20 * times)) "$@" "$bb" sh -c "$(echo "$line" | tr '\001' '\n')" </dev/null 2>&1)
		echo "status $?"
		rm -rf "$work"
	done
}

# compare_tour NAME BUSYBOX FIRST: counts lines of the tour.
compare_tour() {
	first_line=$3
	tour $first_line "$2" >"$out/tour-$1.want"
	for mode in $modes; do
		tour $first_line "$2" "$pvm" $(flags $mode) >"$out/tour-$1.$mode"
		set -- "$1" "$2" $(awk -v name="$out/tour-$1.$mode.bad" '
			/^--- [0-9]+: / { key = $2 }
			NR == FNR { want[key] = want[key] $0 "\n"; next }
			{ got[key] = got[key] $0 "\n" }
			END { for (k in want) if (want[k] == got[k]) good++; else { bad++; print "want:\n" want[k] "got:\n" got[k] >name }
				print good + 0, bad + 0 }' "$out/tour-$1.want" "$out/tour-$1.$mode")
		passed=$((passed + $3))
		failed=$((failed + $4))
		[ "$4" = 0 ] || { echo "FAIL $4 lines of the tour of busybox-$1 ($mode)"; head -20 "$out/tour-$1.$mode.bad"; }
	done
}

if command -v busybox >/dev/null; then
	compare_tour amd64 "$(command -v busybox)" "${share%/*}"
else
	echo "SKIPPED: the tour of busybox (busybox-static is not installed)"
fi
# Debian's i386 package, unpacked and not installed.
bb32=$PWD/$out/i386/bin/busybox
if [ ! -x "$bb32" ]; then
	mkdir -p "$out/i386"
	(cd "$out/i386" && url=$(apt-get download --print-uris busybox-static 2>/dev/null | sed "s/^'\([^']*\)'.*/\1/; s/_amd64/_i386/") &&
		/usr/lib/apt/apt-helper download-file "$url" busybox.deb >/dev/null 2>&1 && dpkg-deb -x busybox.deb .)
fi
if [ -x "$bb32" ]; then
	compare_tour i386 "$bb32" $((${share%/*} + 1))
else
	echo "SKIPPED: the tour of i386's busybox (offline?)"
fi

programs amd64 gcc
if ! command -v i686-linux-gnu-gcc >/dev/null; then
	echo "SKIPPED: i386 programs (gcc-i686-linux-gnu is not installed)"
else
	programs i386 i686-linux-gnu-gcc
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
