program set_sums;
{ Sums of constructors in small sets: what does not fit is refused, and nothing else. }
{ status: 201 }
{ stderr: range check failed }
{ expect:
0 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 31
3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 24 27 30 33 36 39 42 45 48 51 54 57 60
3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 120
}
{ fpc: no }
type s32 = set of 0..31; s20 = set of 3..20; s64 = set of 0..63; sb = set of 0..255;
var a: s32; b: s20; c: s64; i, k: integer; d: sb;
procedure show(x: sb);
var
  i: integer;
  n: integer;
begin
  n := 0;
  for i := 0 to 255 do
    if i in x then begin
      if n > 0 then write(' ');
      write(i);
      n := n + 1
    end;
  writeln
end;
begin
  for k := 1 to 200 do begin
  a := []; b := []; c := [];
  for i := 3 to 20 do begin a := a + [i]; b := b + [i] + [3]; c := c + [i * 3] + a; d := a + [i] + [5, i + 100] end;
  a := a + [31, 0];
  end;
  show(a); show(b); show(c); show(d);
  i := 21;
  b := b + [i]
end.
