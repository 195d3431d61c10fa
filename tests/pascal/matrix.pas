program matrixtest;
{ expect:
-62595693.575234 35.72145696 -5245.66886230
-42860
}
{ Loops hot enough to leave the interpreter, in the main program and in procedures. }
const
  n = 40;
type
  matrix = array [1..n, 1..n] of real;
var
  a, b, c: matrix;
  i, j, k: integer;
  s: real;

procedure multiply(var a, b, c: matrix);
var
  i, j, k: integer;
  s: real;
begin
  for i := 1 to n do
    for j := 1 to n do begin
      s := 0;
      for k := 1 to n do
        s := s + a[i, k] * b[k, j];
      c[i, j] := s
    end
end;

begin
  for i := 1 to n do
    for j := 1 to n do begin
      a[i, j] := i / j;
      b[i, j] := i - j
    end;
  multiply(a, b, c);
  s := 0;
  for i := 1 to n do
    for j := 1 to n do
      for k := 1 to n do
        s := s + c[i, j] * (k mod 3);
  writeln(s:0:6, ' ', c[1, 1]:0:8, ' ', c[n, n]:0:8);
  i := 0;
  k := 0;
  repeat
    i := i + 1;
    if i mod 7 = 3 then
      k := k + i mod 11
    else
      k := k - 1
  until i = 300000;
  writeln(k)
end.
