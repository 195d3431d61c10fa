#!/bin/sh
# Fetches i386 programs of Debian with all they need, and unpacks them below a directory for `pvm --root`:
#     sh tests/linux/fetch.sh DIRECTORY PACKAGE...
# Nothing is installed and no foreign architecture is added: apt gets state of its own there.  Offline: says so, status 1.
set -u
root=$1
shift
state=$root/.apt
stamp=$state/done
apt="apt-get -qq -o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State=$state/state -o Dir::Cache=$state/cache
	-o Dir::State::status=$state/status -o APT::Keep-Downloaded-Packages=true -o APT::Install-Recommends=false -o APT::Sandbox::User=$(id -un) -o Debug::NoLocking=true"

[ "$(cat "$stamp" 2>/dev/null)" = "$*" ] && exit 0
command -v apt-get >/dev/null || { echo "SKIPPED: no apt-get here to fetch i386 programs with"; exit 1; }
mkdir -p "$state/state/lists/partial" "$state/cache/archives/partial"
: >"$state/status"
# One index of several may be stale on a mirror: what counts is whether the packages can be had.
$apt update >"$state/log" 2>&1
$apt install -y --download-only "$@" >>"$state/log" 2>&1 || {
	echo "SKIPPED: cannot fetch i386 programs (offline?): $(tail -1 "$state/log")"
	exit 1
}
# As on an installed system, /bin, /lib and /sbin are links; packages still bring some of their files below them.
for d in bin lib sbin; do
	mkdir -p "$root/usr/$d"
	[ -e "$root/$d" ] || ln -s usr/$d "$root/$d"
done
for deb in "$state"/cache/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner || exit 1
done
rm -f "$state"/cache/archives/*.deb
# What the packages' scripts would have done: /bin/sh is dash, awk is gawk.
ln -sf dash "$root/usr/bin/sh"
for f in passwd group; do cp /etc/$f "$root/etc/"; done
[ -e "$root/usr/bin/gawk" ] && ln -sf gawk "$root/usr/bin/awk"
# Byte code is the same for all machines, if a Python of the same version is here to make it.
py=$(ls "$root/usr/bin" | grep -x 'python3\.[0-9]*')
[ -n "$py" ] && [ -x "/usr/bin/$py" ] && "/usr/bin/$py" -m compileall -q -s "$root" "$root/usr/lib/$py" >/dev/null 2>&1
echo "$*" >"$stamp"
