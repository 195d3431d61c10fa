program file_records(output);
{ expect:
1 4 9 16 25 
1 4 9 16 25 
hello
4 4
1 rec   0.25 1
2 rec   0.50 2
3 rec   0.75 3
77 win   1.00 4
2
77 win
1 2 99 77 
TRUE 12
102 2
}
{ fpc: no }
{ Files of components: f^, get and put; what Turbo Pascal adds; files that belong to a routine. }
type r = record a: integer; s: string[10]; d: real end;
var f: file of r; x, y: r; i, n, a, b, c: integer;
  u: file; fi: packed file of integer;
  buf: array [1..100] of byte;

procedure own(say: boolean);
var t: file of integer; k: integer; tt: array [1..2] of text;
begin
  rewrite(t);
  for k := 1 to 5 do write(t, k * k);
  reset(t);
  while not eof(t) do begin if say then write(t^, ' '); get(t) end;
  if say then writeln;
  reset(t);
  while not eof(t) do begin read(t, k); if say then write(k, ' ') end;
  if say then writeln;
  rewrite(tt[2]); writeln(tt[2], 'hello'); reset(tt[2]);
  while not eoln(tt[2]) do begin if say then write(tt[2]^); get(tt[2]) end;
  if say then writeln
end;

begin
  own(true);
  for i := 1 to 1500 do own(false);  { their numbers are given back }
  assign(f, 'out/tests/records.tmp'); rewrite(f);
  for i := 1 to 3 do begin x.a := i; x.s := 'rec'; x.d := i / 4; write(f, x) end;
  f^.a := 77; f^.s := 'win'; f^.d := 1; put(f);
  writeln(filesize(f), ' ', filepos(f));
  close(f);
  reset(f);
  while not eof(f) do begin read(f, y); writeln(y.a, ' ', y.s, y.d:7:2, ' ', filepos(f)) end;
  seek(f, 1); read(f, y); writeln(y.a);
  y.a := 99; write(f, y);
  seek(f, 3);
  with f^ do writeln(a, ' ', s);
  close(f);
  reset(f);
  while not eof(f) do begin write(f^.a, ' '); get(f) end;
  writeln;
  seek(f, 2); truncate(f); close(f);
  assign(u, 'out/tests/records.tmp'); reset(u, 4); blockread(u, buf, 100 div 4, n);
  writeln(n = filesize(u), ' ', filesize(u)); close(u);
  {$I-}
  reset(fi); a := ioresult;
  assign(fi, 'out/tests/no such file'); reset(fi); b := ioresult;
  writeln(a, ' ', b)
end.
