program set_ops;
{ expect:
1 3 4 5 6 7 31 
0 3 4 5 40 41 42 63 
0 30 100 101 102 103 104 106 107 108 109 110 255 
cdex
TRUETRUETRUEFALSETRUETRUE
TRUEFALSEFALSEFALSETRUE
FALSEFALSEFALSE
}
type small = set of 0..31; mid = set of 0..63; large = set of byte; chars = set of char;
var s: small; m: mid; l: large; c: chars; i, k: integer; ch: char;
begin
  s := [1, 5..7, 31]; m := [0, 40..42, 63]; l := [0, 100..110, 255]; c := ['a'..'e', 'x'];
  k := 3; s := s + [k, k + 1]; m := m + [k..k + 2]; l := l - [105] + [k * 10];
  for i := 0 to 31 do if i in s then write(i, ' '); writeln;
  for i := 0 to 63 do if i in m then write(i, ' '); writeln;
  for i := 0 to 255 do if i in l then write(i, ' '); writeln;
  for ch := 'a' to 'z' do if ch in c * ['c'..'z'] then write(ch); writeln;
  writeln(s <= [0..31], s = s - [2], [1, 3] <= s, s >= [2], l <> [], m * [41] = [41]);
  include(s, 9); exclude(s, 1); writeln(9 in s, 1 in s, 200 in l, k in [1..2, 4, 6..9], k in [3]);
  i := 300; writeln(i in l, -1 in l, i in [1..10])
end.
