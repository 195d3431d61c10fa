#!/bin/sh
# The tables in the documents come from the .def files; they stand between lines of this form:
#   <!-- table: KIND FILE -->  ...  <!-- end of table -->
# usage: sh tests/docs.sh           says which documents are not up to date; the last line counts
#        sh tests/docs.sh --write   brings them up to date
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# Copies a document with its tables made anew.
renew() {
	skip=0
	while IFS= read -r line; do
		case $line in
		'<!-- table: '*)
			printf '%s\n' "$line"
			set -- $line
			awk -v kind="$3" -f docs/table.awk "$4"
			skip=1
			;;
		'<!-- end of table -->')
			printf '%s\n' "$line"
			skip=0
			;;
		*) [ $skip = 1 ] || printf '%s\n' "$line" ;;
		esac
	done
}

for doc in $(grep -l '^<!-- table: ' docs/*.md); do
	renew <"$doc" >"$tmp/doc"
	if cmp -s "$tmp/doc" "$doc"; then
		passed=$((passed + 1))
	elif [ "${1:-}" = --write ]; then
		cp "$tmp/doc" "$doc"
		passed=$((passed + 1))
		echo "wrote $doc"
	else
		echo "FAIL $doc is not up to date: run 'make docs'"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
