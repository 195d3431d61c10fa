# Writes the rows of a .def table as a Markdown table.
# usage: awk -v kind=pcode -f docs/table.awk pvm/pcode/pcode.def
# kind: pcode, ocode, vops, sections, linux (system calls), ioctl, win32 (functions of a library).  A comment on a line of its own between rows becomes a heading row's text.

# Splits a row's arguments at commas outside of quotes; the quotes go.
function split_row(s, col,    n, i, c, quoted) {
	n = 1; col[1] = ""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\\" && quoted) col[n] = col[n] substr(s, ++i, 1)
		else if (c == "\"") quoted = !quoted
		else if (c == "," && !quoted) { n++; col[n] = "" }
		else if (quoted || c != " ") col[n] = col[n] c
	}
	return n
}
function types(s,    i, out) {
	for (i = 1; i <= length(s); i++)
		out = out (i > 1 ? " " : "") name[substr(s, i, 1)]
	return out
}
function cell(s) { gsub(/\|/, "\\|", s); return s }
function head(    cols) {
	if (kind == "pcode") cols = "code | instruction | immediates | pops | pushes | meaning"
	else if (kind == "ocode") cols = "operation | form | result | properties | meaning"
	else if (kind == "vops") cols = "row | signature | flags | meaning"
	else cols = "id | section | required | contents"
	print ""; print "| " cols " |"
	gsub(/[^|]+/, "---", cols); print "|" cols "|"
	begun = 1
}
BEGIN {
	name["i"] = "i32"; name["l"] = "i64"; name["f"] = "f32"; name["d"] = "f64"; name["*"] = "\\*"
	letter = kind == "pcode" ? "P" : kind == "ocode" ? "O" : kind == "vops" ? "V" : "S"
	row = "^[ \t]*" letter "\\("
}
# System calls and ioctls: rows of several letters.
function number(n) { return n < 0 ? "" : n }
function begin(cols) {
	if (begun) return
	print ""; print "| " cols " |"
	gsub(/[^|]+/, "---", cols); print "|" cols "|"
	begun = 1
}
kind == "linux" && /^\/\* ---- / {
	text = $0; gsub(/^\/\* -+ | -+ \*\/$/, "", text)
	print ""; print "**" text "**"; begun = 0
}
kind == "linux" && /^[HSN]\(/ {
	how = substr($0, 1, 1); line = substr($0, 3); sub(/\)[ \t]*$/, "", line)
	split_row(line, c); count[how]++
	begin("call | x86-64 | i386 | arguments | state")
	if (how == "N") printf "| `%s` | %s | %s | | %s |\n", c[1], number(c[2]), number(c[3]), c[4]
	else printf "| `%s` | %s | %s | %s | %s |\n", c[1], number(c[2]), number(c[3]), cell(c[4]), how == "H" ? "the host's " substr(c[5], 5) : c[5]
}
kind == "win32" && /^[FONS]\(/ {
	line = substr($0, 3); sub(/\)[ \t]*$/, "", line); split_row(line, c)
	here = substr($0, 1, 1) == "S" ? 0 : 1
	count[here]++
	list[here] = list[here] (list[here] ? ", " : "") "`" c[1] "`"
}
kind == "linux" || kind == "ioctl" || kind == "win32" {
	if (kind == "ioctl" && /^I\(/) {
		line = substr($0, 3); sub(/\)[ \t]*$/, "", line); split_row(line, c)
		begin("request | number | how | struct")
		printf "| `%s` | %s | %s | %s |\n", c[1], c[2], tolower(c[3]), c[4] == "NONE" ? "" : c[4]
	}
	next
}
kind != "sections" && /^\/\* .*\*\/$/ {
	text = $0; sub(/^\/\* /, "", text); sub(/ \*\/$/, "", text)
	print ""; print "**" text "**"; begun = 0
}
$0 ~ row && /"/ {
	line = $0; sub(row, "", line); sub(/\)[ \t\\]*$/, "", line)
	split_row(line, c)
	if (!begun) head()
	if (kind == "pcode") printf "| %s | `%s` | %s | %s | %s | %s |\n", c[3], c[2], c[4], types(c[5]), types(c[6]), cell(c[7])
	else if (kind == "ocode") printf "| `%s` | %s | %s | %s | %s |\n", c[2], c[3], c[4], c[5], cell(c[6])
	else if (kind == "vops") printf "| `%s` | %s | %s | %s |\n", c[2], c[3], c[4] == "V_FP" ? "F" : "", cell(c[5])
	else printf "| %s | %s | %s | %s |\n", c[3], c[2], c[4] + 0 ? "yes" : "no", cell(c[5])
}
END {
	if (kind == "win32")
		for (here = 1; here >= 0; here--)
			if (count[here]) printf "\n%s (%d): %s\n", here ? "Here" : "Not there yet", count[here], list[here]
	if (kind == "linux")
		printf "\n%d rows: %d handed to the host's kernel with converted arguments, %d done here, %d not there.\n",
			count["H"] + count["S"] + count["N"], count["H"], count["S"], count["N"]
	print ""
}
