program with_nested;
{ expect:
12343
789 100
}
type inner = record x, y: integer end; outer = record a: inner; b: array [1..3] of inner; x: integer end;
var o: outer; i: integer; q: ^outer; x: integer;
begin
  x := 100; i := 2;
  with o do begin
    x := 1;
    with a do begin x := 2; y := 3 end;
    with b[i] do begin i := 3; x := 4; y := i end;
    writeln(x, a.x, a.y, b[2].x, b[2].y)
  end;
  new(q);
  with q^, b[1] do begin x := 7; y := 8; a.x := 9 end;
  writeln(q^.b[1].x, q^.b[1].y, q^.a.x, ' ', x)
end.
