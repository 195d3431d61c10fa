# needs: python3 xz sort
# seconds: 600
# Programs of several threads.
for t in thread queue threading threadsignals threadedtempfile threading_local; do
	echo "--- test_$t"
	timeout 200 /usr/bin/python3 -m test -v test_$t 2>&1 </dev/null | grep -aE ' \.\.\. (ok|skipped|FAIL|ERROR)|^Ran|^Tests result' | sed 's/ in [0-9.]*s$//; s/0x[0-9a-f]*//g' | sort
done
echo "--- xz of four threads"
awk 'BEGIN { for (i = 0; i < 200000; i++) print i * i % 9973, i }' >text
xz -T4 -1 --block-size=300KiB -k text; xz -l text.xz | awk 'NR == 2 { print $2 }'; xz -d -T4 -c text.xz | cmp - text && echo same
echo "--- sort of four threads"
sort --parallel=4 -n text | sha256sum
