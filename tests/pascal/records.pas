program records;
{ expect:
circle 0    1.0    2.0   18.75
square 1   11.0   22.0   12.00
lines  2   -1.0    2.0    0.00
2.0 5.0
31.12.1999
}
{ Records: nested, with, variants, arrays of them, assigned whole. }
type
  point = record
    x, y: real
  end;
  shape = (circle, box, segment);
  figure = record
    name: packed array [1..6] of char;
    at: point;
    case kind: shape of
      circle: (radius: real);
      box: (width, height: real);
      segment: (ends: array [1..2] of point)
  end;
var
  f: array [1..3] of figure;
  g: figure;
  i: integer;
  date: record
    day: 1..31;
    month: 1..12;
    year: integer
  end;

function area(f: figure): real;
begin
  with f do
    case kind of
      circle: area := 3 * sqr(radius);
      box: area := width * height;
      segment: area := 0
    end
end;

procedure move(var p: point; dx, dy: real);
begin
  with p do begin
    x := x + dx;
    y := y + dy
  end
end;

begin
  with f[1] do begin
    name := 'circle';
    at.x := 1;
    at.y := 2;
    kind := circle;
    radius := 2.5
  end;
  f[2].name := 'square';
  f[2].at := f[1].at;
  f[2].kind := box;
  f[2].width := 3;
  f[2].height := 4;
  f[3] := f[2];
  with f[3], at do begin
    name := 'lines ';
    kind := segment;
    x := -1;
    ends[1].x := 5;
    ends[2] := at
  end;
  move(f[2].at, 10, 20);
  for i := 1 to 3 do begin
    g := f[i];
    writeln(g.name, ord(g.kind):2, g.at.x:7:1, g.at.y:7:1, area(g):8:2)
  end;
  writeln(f[3].ends[2].y:0:1, ' ', f[3].ends[1].x:0:1);
  with date do begin
    day := 31;
    month := 12;
    year := 1999
  end;
  writeln(date.day, '.', date.month, '.', date.year)
end.
