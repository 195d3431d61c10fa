program matmul;
{ The product of two square matrices. }
const
  n = 500;
type
  matrix = array [1..n, 1..n] of real;
var
  a, b, c: matrix;
  i, j: integer;
  trace: real;

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
      a[i, j] := (i - j) / n;
      b[i, j] := (i + 2 * j) / n
    end;
  multiply(a, b, c);
  multiply(c, b, a);
  trace := 0;
  for i := 1 to n do
    trace := trace + a[i, i];
  writeln(trace:0:3)
end.
