#!/bin/sh
# Checks docs/rooms.txt's include rules, include cycles, and that each header compiles alone.
# Prints what breaks a rule and ends with "N passed, N failed"; counts files.
set -u
cc=${CC:-gcc}
flags=${LINTFLAGS:-"-std=c11 -D_GNU_SOURCE -I. -Iout/gen -Iout/gen/include"}
files=$(git ls-files 'pvm/*.c' 'pvm/*.h' 'pvm/*.def' 'pvm/*.inc' 'loader/*.[ch]' 'compiler/*.[chly]' 'compiler/*.def' \
	'abi-shim/*.[ch]' 'abi-shim/*.def' 'stdlib/*.h' 2>/dev/null) || files=
[ -n "$files" ] || files=$(find pvm loader compiler abi-shim stdlib -name '*.[chly]' -o -name '*.def' -o -name '*.inc' | sort)

# A file's room is the longest name in rooms.txt that leads its path; pvm/main.c has none and may include all.
result=$(awk '
function room(path,  r, best) {
	best = ""
	for (r in may)
		if (index(path, r "/") == 1 && length(r) > length(best))
			best = r
	return best
}
# The path of an include, from the file that names it or from the top.
function resolve(file, inc,  dir, n, i, part, out, m, keep) {
	if (inc in known)
		return inc
	dir = file
	sub(/[^\/]*$/, "", dir)
	n = split(dir inc, part, "/")
	m = 0
	for (i = 1; i <= n; i++) {
		if (part[i] == ".." && m > 0)
			m--
		else if (part[i] != "." && part[i] != "")
			keep[++m] = part[i]
	}
	out = keep[1]
	for (i = 2; i <= m; i++)
		out = out "/" keep[i]
	return out in known ? out : ""
}
# Depth first; a file met again while it is open closes a cycle.
function visit(f,  n, i, list) {
	state[f] = 1
	n = split(edges[f], list, " ")
	for (i = 1; i <= n; i++) {
		if (state[list[i]] == 1)
			bad(f, "include cycle through " list[i])
		else if (!state[list[i]])
			visit(list[i])
	}
	state[f] = 2
}
function bad(f, why) {
	print f ": " why
	broken[f] = 1
}
FILENAME == "docs/rooms.txt" {
	if ($0 !~ /^#/ && NF) {
		name = $1
		sub(/:$/, "", name)
		$1 = ""
		may[name] = $0 " " name " "
	}
	next
}
FNR == 1 { files[++nfiles] = FILENAME; known[FILENAME] = 1 }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	where[++nincs] = FILENAME
	what[nincs] = q[2]
}
END {
	for (i = 1; i <= nincs; i++) {
		f = where[i]
		to = resolve(f, what[i])
		if (to == "") {
			if (what[i] !~ /_(lex|parse)\.h$/)
				bad(f, "includes \"" what[i] "\", which is not in the tree")
			continue
		}
		if (to != f || f !~ /\.def$/)
			edges[f] = edges[f] " " to
		from = room(f)
		if (from != "" && index(" " may[from] " ", " " room(to) " ") == 0)
			bad(f, "room " from " may not include " to)
	}
	for (i = 1; i <= nfiles; i++)
		if (!state[files[i]])
			visit(files[i])
	for (f in broken)
		nbroken++
	print "#", nfiles - nbroken, nbroken + 0
}' docs/rooms.txt $files)
echo "$result" | grep -v '^#'
set -- $(echo "$result" | grep '^#')
passed=$2 failed=$3

for h in $(echo "$files" | tr ' ' '\n' | grep '\.h$'); do
	if $cc $flags -Wall -Wextra -fsyntax-only -x c "$h" 2>/tmp/pvm-lint.$$; then
		passed=$((passed + 1))
	else
		echo "$h: does not compile alone"
		head -5 /tmp/pvm-lint.$$
		failed=$((failed + 1))
	fi
done
rm -f /tmp/pvm-lint.$$
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
