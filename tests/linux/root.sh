#!/bin/sh
# --root and --only-root: a tree of busybox and links that lead out of it.  Ends with "N passed, N failed".
set -u
pvm=${PVM:-$PWD/out/pvm}
passed=0 failed=0
command -v busybox >/dev/null || { echo "SKIPPED: busybox-static is not installed"; echo "0 passed, 0 failed"; exit 0; }
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
root=$top/root
mkdir -p "$root/bin" "$root/tmp" "$root/etc" "$root/a/b/c"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in sh cat ls ln mkdir mv rm readlink stat pwd; do ln -s busybox "$root/bin/$name"; done
echo inside >"$root/etc/passwd"
echo secret >"$top/secret"
ln -s "$top/secret" "$root/a/absolute"
ln -s "../../../../../../../..$top/secret" "$root/a/relative"
ln -s /etc "$root/a/etc"
ln -s /proc/self/mounts "$root/etc/mtab"

# inside WANT COMMAND...: what a shell in the root prints.
inside() {
	want=$1
	got=$(cd /; timeout 60 "$pvm" --root "$root" --only-root /bin/sh -c "$2" 2>/dev/null)
	if [ "$got" = "$want" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL only-root: $2"
		printf 'want: %s\ngot: %s\n' "$want" "$got"
	fi
}

inside inside 'cat /etc/passwd'
inside inside 'cat /a/etc/passwd'
inside inside 'cd /a/b/c; cat ../../../../../../../etc/passwd'
inside / 'cd /a/b/c/../../../..; pwd'
inside "" 'cat /a/absolute'
inside "" 'cat /a/relative'
inside "" "cat $top/secret"
inside "" "cat /..$top/secret"
inside "" "cd /a; cat ../../../../../../../..$top/secret"
inside "" "cat /proc/self/root$top/secret"
inside "" "cat /proc/1/root$top/secret"
inside "" "cat /proc/self/cwd/../../../../../../..$top/secret"
inside "" "exec 3</a; cat /proc/self/fd/3/../../../../../../..$top/secret"
inside "" "exec 3</a; cat /dev/fd/3/../../../../../../../..$top/secret"
inside inside 'exec 3</a; cat /proc/self/fd/3/etc/passwd'
inside inside 'cat /proc/self/root/etc/passwd'
inside inside 'cat </etc/passwd | cat /dev/stdin'
inside "" "ln -s $top/made /tmp/out; echo x >/tmp/out; cat $root/tmp/out"
inside "x" 'ln -s /tmp/made /tmp/in; echo x >/tmp/in; cat /tmp/made'
inside /bin/busybox 'readlink /proc/self/exe'
inside new 'echo new >/tmp/n; mkdir /tmp/d; mv /tmp/n /tmp/d; cat /tmp/d/../d/n; rm -r /tmp/d'
inside "" "/..$top/secret; . $top/secret"
inside proc 'cat /etc/mtab | while read a b; do case $b in /proc*) echo proc; break;; esac; done'
[ ! -e "$top/made" ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAIL a file outside was made"; }
# With --root alone, what the tree lacks is the host's.
if [ "$("$pvm" --root "$root" "$root/bin/busybox" sh -c "cat /etc/passwd $top/secret")" = "inside
secret" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL --root"; fi
if gcc -O1 -w -static -D_GNU_SOURCE -o "$root/bin/escape" tests/linux/root/escape.c; then
	inside "out 0 times" "escape $top/secret"
else
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
