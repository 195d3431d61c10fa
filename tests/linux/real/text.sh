# needs: gawk grep sed
# short: jit
for i in 1 2 3 4 5 6 7 8 9; do echo "line $i: the quick brown fox number $((i * i)) jumps over lazy dog $((100 - i)) <mail$i@example.org>"; done >t
echo "--- grep"
grep -c fox t; grep -n 'number [0-9]*1 ' t; grep -E -o '[a-z0-9]+@[a-z.]+' t; grep -v '[1-7]:' t; grep -P '(?<=number )\d{2}(?= )' -o t; grep -w dog t | wc -l
grep -i QUICK t | head -1; grep -A1 -B1 'line 5' t; grep -l fox t; grep -q nothing t; echo $?; grep -F '<mail3@' t; grep -E '(fox|dog).*\1' t | wc -l; grep -r lazy . | wc -l
echo "--- sed"
sed -n '2,4p' t; sed 's/\([a-z]*\) \([0-9]\)/\2 \1/' t | head -2; sed '/line 3/,/line 7/d' t | wc -l; sed -n '$=' t; sed 'y/abc/ABC/;2q' t
sed -E 's/(quick|lazy)/\U\1/g' t | head -1; sed '1!G;h;$!d' t | head -1; sed -n 'H;${x;s/\n/,/g;p}' t | wc -c; sed -i 's/fox/cat/' t; grep -c cat t; sed '3i\inserted' t | sed -n 3p
sed ':a;s/^\(.\{1,30\}\)$/ \1/;ta' <<END
short
END
echo "--- awk"
gawk '{ n += $6; w[$3]++ } END { print NR, n, length(w); for (k in w) print k, w[k] }' t
gawk 'BEGIN { for (i = 0; i < 20; i++) printf "%.10g %s ", sin(i) * exp(i / 10), i % 3 ? "x" : "y"; print "" }'
gawk -F'[ :]' '{ print $2, toupper(substr($5, 1, 3)), index($0, "dog"), match($0, /[0-9]+>?$/) }' t | head -3
gawk 'BEGIN { srand(1); s = "abracadabra"; n = gsub(/a/, "<&>", s); print n, s; print length("äöü"), sprintf("%c%c", 65, "hello"); split("x,y,z", p, ","); print p[3] p[1] }'
gawk 'BEGIN { for (i = 0; i < 200; i++) a[i] = (i * 7919) % 211; n = asort(a); s = ""; for (i = 1; i <= n; i += 20) s = s " " a[i]; print s; print strftime("%F", 0, 1), and(12, 10), xor(12, 10), lshift(1, 40) }'
gawk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(18) }'
gawk 'BEGIN { "echo from command" | getline x; print x; print "to sort 2\nto sort 1" | "sort"; close("sort"); while ((getline l < "t") > 0) n++; print n; printf "%d %s\n", "0x1f", 1e300 * 1e300 }'
gawk -M 'BEGIN { print 2 ^ 200 }'; gawk 'BEGIN { print substr("hello", 0, 3), 1 / 3, 1e6, 1e20, 0.1 + 0.2; print -3 % 2, 2 ** 0.5; exit 3 }'; echo $?
