program arith;
{ expect:
-7 -2 -1 2 2
-5 -1 -2 1 1
-4 -1 -1 1 1
-2 0 -2 0 0
-1 0 -1 0 0
1 0 1 0 0
2 0 2 0 0
4 1 1 -1 -1
5 1 2 -1 -1
7 2 1 -2 -2
9 -5 2 7 4
-7 -6 4 7 49
2147483647 -2147483648 2147483646
1 TRUE TRUE TRUE FALSE TRUE
479001600
-3 3 2 3 -3 0
}
{ Integer arithmetic: div and mod of either sign, precedence, parentheses, constants. }
const
  n = 7;
  minus = -n;
var
  i, j: integer;
begin
  for i := -7 to 7 do
    if i mod 3 <> 0 then
      writeln(i, ' ', i div 3, ' ', i mod 3, ' ', i div (-3), ' ', -i div 3);
  writeln(2 + 3 * 4 - 5, ' ', (2 + 3) * (4 - 5), ' ', 7 - 3 - 2, ' ', 100 div 7 div 2, ' ', 100 mod 7 * 2);
  writeln(minus, ' ', -n + 1, ' ', n * n mod 5, ' ', abs(minus), ' ', sqr(minus));
  writeln(maxint, ' ', -maxint - 1, ' ', maxint div 2 * 2);
  i := maxint;
  j := i - 1;
  writeln(i - j, ' ', succ(j) = i, ' ', pred(i) = j, ' ', odd(i), ' ', odd(j), ' ', odd(-3));
  i := 1;
  for j := 1 to 12 do
    i := i * j;
  writeln(i);
  writeln(trunc(-3.7), ' ', trunc(3.7), ' ', round(2.4), ' ', round(2.6), ' ', round(-2.6), ' ', round(-0.4))
end.
