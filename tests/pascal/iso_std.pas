program iso_std(output);
{ options: --std=iso }
{ expect:
          1          2          0          1
          3         -3
hel
     hel
tr
 true
abc|
TRUE
}
{ fpc: no }
{ --std=iso: mod, round, widths that cut, the end of a text, f^ and put of files. }
var i: integer; x: real; f: file of integer; t: text; c: char;
begin
  i := -5;
  writeln(i mod 3, (-4) mod 3, 6 mod 3, 7 mod 3);
  x := 2.5;
  writeln(round(x):11, round(-x):11);
  i := 3;
  writeln('hello':i);
  writeln('hel':i + 5);
  i := 2;
  writeln(true:i);
  writeln(true:i + 3);
  rewrite(t);
  write(t, 'abc');
  reset(t);
  while not eoln(t) do begin read(t, c); write(c) end;
  writeln('|');
  readln(t);
  rewrite(f);
  f^ := 1; put(f);
  if eof(t) and eof(f) then writeln('TRUE')
end.
