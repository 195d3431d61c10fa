program address;
{ expect:
7 8
30
TRUE FALSE
9 3
}
{ @ of variables: of the program, of routines, of parameters, of components. }
type
  pint = ^integer;
  rec = record a, b: integer end;
var
  g, i: integer; p: pint; q: pointer; r: rec; v: array [1..3] of integer;
procedure bump(p: pint; by: integer);
begin
  p^ := p^ + by
end;
procedure locals(x: integer);
var k: integer; z: pint;
begin
  k := 8;
  z := @x; z^ := z^ + 1;
  bump(@k, 0);
  writeln(x, ' ', k)
end;
begin
  locals(6);
  for i := 1 to 3 do v[i] := i * 10;
  p := @v[3]; writeln(p^);
  q := @g; writeln(q = @g, ' ', q = @i);
  r.b := 1;
  bump(@r.b, 2);
  g := 4; bump(pint(q), 5);
  writeln(g, ' ', r.b)
end.
