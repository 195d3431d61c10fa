{ error: 10:7: only a parameter can be a conformant array }

{ error: 16:27: the bounds of a conformant array are two names and a type: [low..high: integer] }
{ error: 19:3: 'lo' is a const parameter and cannot be changed }
{ error: 22:8: 'x' and 'y' must be of one type }
{ error: 23:5: an array of type array of real does not conform to the parameter 'x' }
{ error: 23:8: an array of type array of real does not conform to the parameter 'y' }
program conformant;
type
  v = array [lo..hi: integer] of integer;
  d = array of integer;
var
  a: array [1..2] of integer;
  b: array [1..3] of integer;
  c: array [1..2] of real;
procedure q(var x: array [1..hi: integer] of integer); begin end;
procedure p(var x, y: array [lo..hi: integer] of integer);
begin
  lo := 1
end;
begin
  p(a, b);
  p(c, c)
end.
