# needs: gzip xz bzip2
gawk 'BEGIN { x = 12345; for (i = 0; i < 20000; i++) { x = (x * 1103515245 + 12345) % 2147483648; printf "%d %s %c", x % 1000, i % 7 ? "word" : "another", 32 + x % 90 } }' >a
md5sum a
for c in gzip bzip2 xz; do
	for level in 1 6 9; do
		echo "--- $c -$level"
		$c -$level -c a >b; $c -dc b | cmp - a && echo same; $c -t b && echo good
		if [ $c != gzip ]; then wc -c <b; fi
	done
done
echo "--- gzip"
gzip -n -9 <a | md5sum; cp a c; gzip c; gzip -l c.gz | tail -1 | tr -s ' '; zcat c.gz | md5sum; gunzip c.gz; ls c; zgrep -c word c
head -c 1000 b | xz -dc 2>&1 >/dev/null | head -1; printf garbage | gzip -d 2>&1
echo "--- xz"
xz -9e -k a; xz -l a.xz | tail -1 | wc -w; xz --format=lzma -c a | xz -dc | md5sum; xz --check=sha256 -T1 -c a | xz -dc | md5sum; xz --x86 --lzma2 -c a | xz -dc | cmp - a; echo $?
echo "--- bzip2"
bzip2 -c a | md5sum; bzip2 -s -c a | bunzip2 -s | md5sum; bzip2 -dc </dev/null 2>&1 | head -1
