#!/bin/sh
# Writes the standard library's files as one C table: sh stdlib/embed.sh FILE... > stdlib_data.c
# A file's member name is its path below stdlib/ without the ending, such as "system/sin".
echo '/* made by stdlib/embed.sh */'
echo '#include "stdlib/stdlib.h"'
i=0
for f; do
	echo "static const unsigned char file$i[] = {"
	od -An -v -tu1 "$f" | sed 's/[0-9][0-9]*/&,/g'
	echo '0};'
	i=$((i + 1))
done
echo 'const StdlibFile stdlib_files[] = {'
i=0
for f; do
	name=${f#stdlib/}
	echo "{\"${name%.*}\", \"$f\", (const char *)file$i, sizeof file$i - 1},"
	i=$((i + 1))
done
echo '{0, 0, 0, 0}};'
echo "const unsigned stdlib_nfiles = $i;"
