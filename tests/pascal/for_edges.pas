program for_edges;
{ expect:
2147483645 2147483646 2147483647 
-2147483648 -2147483647 -2147483646 
3 2 1 [3]3
xyz01 5000000000 5000000001 5000000002 253 254 255 2 1 0
12 2 4 6 8
}
var i, n: integer; c: char; b: boolean; k: int64; small: 0..255;
begin
  for i := maxint - 2 to maxint do write(i, ' ');
  writeln;
  for i := -2147483647 - 1 to -2147483646 do write(i, ' ');
  writeln;
  for i := 3 downto 1 do write(i, ' ');
  for i := 1 downto 3 do write('no');
  n := 3;
  for i := n to n do write('[', i, ']');
  writeln(i);
  for c := 'x' to 'z' do write(c);
  for b := false to true do write(ord(b));
  for k := 5000000000 to 5000000002 do write(' ', k);
  for small := 253 to 255 do write(' ', small);
  for small := 2 downto 0 do write(' ', small);
  writeln;
  n := 2;
  for i := 1 to n do begin n := 5; write(i) end;
  for i := 1 to 10 do begin if odd(i) then continue; if i > 7 then break; write(' ', i) end;
  writeln(' ', i)
end.
