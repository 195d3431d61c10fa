program mandelbrot;
{ The Mandelbrot set in characters.  Arguments: width (76), and rounds (200) until a point counts as inside. }
const
  shades = ' .,:;ox%#@';
var
  width, height, rounds, row, col, n: integer;
  cx, cy: real;

function argument(k, default: integer): integer;
var
  value, code: integer;
begin
  argument := default;
  if k <= paramcount then begin
    val(paramstr(k), value, code);
    if (code = 0) and (value > 0) then
      argument := value
  end
end;

{ How many rounds the point stays near the origin; `limit` if it never leaves. }
function escape(cx, cy: real; limit: integer): integer;
var
  x, y, xx, yy: real;
  n: integer;
begin
  x := 0;
  y := 0;
  n := 0;
  repeat
    xx := x * x;
    yy := y * y;
    y := 2 * x * y + cy;
    x := xx - yy + cx;
    n := n + 1
  until (n = limit) or (xx + yy > 4);
  escape := n
end;

begin
  width := argument(1, 76);
  rounds := argument(2, 200);
  height := width * 5 div 12;
  for row := 0 to height - 1 do begin
    cy := 2.5 * row / (height - 1) - 1.25;
    for col := 0 to width - 1 do begin
      cx := 3.0 * col / (width - 1) - 2.25;
      n := escape(cx, cy, rounds);
      if n = rounds then
        write(shades[10])
      else if n < 10 then
        write(shades[1 + n div 2])
      else
        write(shades[6 + n mod 4])
    end;
    writeln
  end
end.
