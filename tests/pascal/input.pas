program reading(input, output);
{ expect:
12 -7 3
3.50 2000.00 -0.25 7.00
[  words and more] 16
x TRUE
TRUE FALSE
<l><a><s><t>< ><l><i><n><e>9
}
{ Reading numbers, characters, strings and lines. }
{ input:
12 -7 +3
3.5 2e3 -0.25 7
  words and more
x

last line }
var
  a, b, c, n: integer;
  x, y, z, w: real;
  s: string;
  ch: char;
begin
  read(a, b);
  readln(c);
  writeln(a, ' ', b, ' ', c);
  readln(x, y, z, w);
  writeln(x:0:2, ' ', y:0:2, ' ', z:0:2, ' ', w:0:2);
  readln(s);
  writeln('[', s, '] ', length(s));
  read(ch);
  writeln(ch, ' ', eoln);
  readln;
  writeln(eoln, ' ', eof);
  readln;
  n := 0;
  while not eof do begin
    while not eoln do begin
      read(ch);
      n := n + 1;
      write('<', ch, '>')
    end;
    readln;
    writeln(n)
  end
end.
