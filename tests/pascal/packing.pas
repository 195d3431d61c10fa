program packing(output);
{ expect:
defghijk
ijletters stu
1 1 0 1
  letters |letters |
}
{ pack and unpack; strings as packed arrays, compared and written with widths. }
{ fpc: -Miso }
type
  alfa = packed array [1..8] of char;
var
  a: array [0..20] of char;
  z, y: alfa;
  i: integer;
begin
  for i := 0 to 20 do
    a[i] := chr(ord('a') + i);
  pack(a, 3, z);
  writeln(z);
  y := 'letters ';
  unpack(y, a, 10);
  for i := 8 to 20 do
    write(a[i]);
  writeln;
  writeln(ord(z < y):1, ord(z <= y):2, ord(z = y):2, ord('abcdefgh' < z):2);
  writeln(y:10, '|', y:8, '|')
end.
