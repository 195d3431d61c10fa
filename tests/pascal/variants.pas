program variants;
{ expect:
   12.00   15.00    0.00   50.00   20.00
1 2.00
}
type kind = (circle, square, none);
  shape = record
    id: byte;
    case k: kind of
      circle: (radius: real; big: boolean);
      square: (w, h: integer);
      none: ()
  end;
  list = array [1..3] of shape;
var l: list; s: shape; p: ^shape; i: integer;
function area(const s: shape): real;
begin
  case s.k of
    circle: area := 3 * sqr(s.radius);
    square: area := s.w * s.h;
    none: area := 0
  end
end;
begin
  with l[1] do begin id := 1; k := circle; radius := 2; big := true end;
  with l[2] do begin id := 2; k := square; w := 3; h := 5 end;
  l[3].k := none;
  s := l[2]; s.w := 10;
  new(p); p^ := s; p^.h := 2;
  for i := 1 to 3 do write(area(l[i]):8:2);
  writeln(area(s):8:2, area(p^):8:2);
  with p^, l[1] do writeln(id, radius:4:1, w);
  dispose(p)
end.
