program mandel;
{ The Mandelbrot set's area in points. }
const
  size = 1400;
  limit = 100;
var
  x, y, i, inside: integer;
  cr, ci, zr, zi, rr, ii: real;
begin
  inside := 0;
  for y := 0 to size - 1 do begin
    ci := 2.0 * y / size - 1.0;
    for x := 0 to size - 1 do begin
      cr := 2.0 * x / size - 1.5;
      zr := 0;
      zi := 0;
      rr := 0;
      ii := 0;
      i := 0;
      while (i < limit) and (rr + ii <= 4.0) do begin
        zi := 2.0 * zr * zi + ci;
        zr := rr - ii + cr;
        rr := zr * zr;
        ii := zi * zi;
        i := i + 1
      end;
      if i = limit then
        inside := inside + 1
    end
  end;
  writeln(inside)
end.
