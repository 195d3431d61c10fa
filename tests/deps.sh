#!/bin/sh
# Installs the Debian packages that are missing: deps.sh [build] [demo] [test] [cross] [bench] [real]...
# As root by apt-get, else by sudo.  Says what it installs; silent when nothing is missing.
set -u
build="make gcc libc6-dev flex bison libxxhash-dev libdw-dev libffi-dev"
demo="busybox-static python3 libdw1 libffi8"
test="fp-compiler fp-units-rtl libcmocka-dev libzydis-dev csmith libcsmith-dev busybox-static strace bash gawk xz-utils bzip2 diffutils sqlite3 lua5.4 python3"
cross="gcc-i686-linux-gnu libc6-dev-i386-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
	gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user g++-mingw-w64-x86-64-win32 g++-mingw-w64-i686-win32 lld"
bench="fp-compiler fp-units-rtl fp-units-base perl python3 sqlite3"
real="perl gcc make git tar findutils diffutils file patch openssl m4 bc dc jq tcl8.6 ruby curl openssh-client vim
	libpython3.11-testsuite musl-tools binutils gdb strace ripgrep fd-find fzf shellcheck clang nginx-light postgresql redis-server redis-tools
	tmux less nodejs openjdk-17-jdk-headless"
# Some distributions of node bring npm along, and Debian's would be in their way.
command -v npm >/dev/null || real="$real npm"

want=
for group in "${@:-build}"; do
	case $group in
	build) want="$want $build" ;;
	demo) want="$want $demo" ;;
	test) want="$want $test" ;;
	cross) want="$want $cross" ;;
	real) want="$want $real" ;;
	bench) want="$want $bench" ;;
	*) echo "deps.sh: no group '$group'" >&2; exit 2 ;;
	esac
done

missing=
for p in $want; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || { echo "deps.sh: missing:$missing (and no apt-get here)" >&2; exit 1; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
{
	$sudo apt-get update -qq &&
	$sudo apt-get install -y -qq --no-install-recommends $missing
} </dev/null >/tmp/pvm-deps.$$ 2>&1 || {
	tail -5 /tmp/pvm-deps.$$ >&2
	rm -f /tmp/pvm-deps.$$
	echo "deps.sh: could not install:$missing" >&2
	exit 1
}
rm -f /tmp/pvm-deps.$$
