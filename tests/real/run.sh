#!/bin/sh
# make check-real: programs that nobody here wrote.  They come with the sources of Free Pascal in Debian's archive
# (its demos and its own tests, 33 MB), are not committed, and must agree with Free Pascal's output and exit status.
# tests/real/programs.txt lists them.  Pascal-P4, PL/0 and Pascal-S are in neither Debian's archive nor npm:
# tests/real/p4.sh takes Pascal-P4 through its stages where somebody has it.  Without a network this is skipped, loudly.
set -u
dir=out/real
list=${1:-tests/real/programs.txt}
mkdir -p $dir/parts $dir/lists/partial $dir/src $dir/work

fetch() {
	# The machine's own package sources, asked for source packages.
	for f in /etc/apt/sources.list.d/debian.sources; do
		[ -f "$f" ] && sed 's/^Types: deb$/Types: deb-src/' "$f" >$dir/parts/real.sources
	done
	[ -f /etc/apt/sources.list ] && sed -n 's/^deb /deb-src /p' /etc/apt/sources.list | grep debian >$dir/parts/real.list
	here=$(pwd)/$dir
	set -- -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$here/parts" -o Dir::State::lists="$here/lists"
	apt-get "$@" update </dev/null >/dev/null 2>&1 &&
	(cd $dir && apt-get "$@" source --download-only --only-source fpc </dev/null >/dev/null 2>&1) &&
	tar -xf $dir/fpc_*.orig.tar.xz -C $dir/src --strip-components=1 --wildcards '*/demo/text' '*/fpcsrc/tests'
}

if [ ! -d $dir/src/demo ] && ! fetch; then
	echo "check-real: SKIPPED: the source package fpc could not be fetched (no network?)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi

passed=0 failed=0
while read -r f; do
	case $f in '' | \#*) continue ;; esac
	p=$dir/src/$f
	if ! fpc -O2 -CF64 -v0 -FU$dir/work -o$dir/work/native "$p" >/dev/null 2>&1; then
		echo "SKIP $f: Free Pascal does not compile it here"
		continue
	fi
	(cd $dir/work && timeout 20 ./native) </dev/null >$dir/want 2>/dev/null
	want=$?
	timeout 20 out/pvm "$p" </dev/null >$dir/got 2>$dir/err
	got=$?
	if [ $got = $want ] && cmp -s $dir/want $dir/got; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $f: status $got, Free Pascal's $want"
		head -3 $dir/err
	fi
done <"$list"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
