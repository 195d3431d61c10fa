program spectral;
{ The greatest eigenvalue of an infinite matrix, cut off at n. }
const
  n = 2000;
type
  vector = array [0..n - 1] of real;
var
  u, v, w: vector;
  i: integer;
  uv, vv: real;

function a(i, j: integer): real;
begin
  a := 1.0 / ((i + j) * (i + j + 1) div 2 + i + 1)
end;

procedure times(var x, y: vector);
var
  i, j: integer;
  s: real;
begin
  for i := 0 to n - 1 do begin
    s := 0;
    for j := 0 to n - 1 do
      s := s + a(i, j) * x[j];
    y[i] := s
  end
end;

procedure transposed(var x, y: vector);
var
  i, j: integer;
  s: real;
begin
  for i := 0 to n - 1 do begin
    s := 0;
    for j := 0 to n - 1 do
      s := s + a(j, i) * x[j];
    y[i] := s
  end
end;

procedure both(var x, y: vector);
begin
  times(x, w);
  transposed(w, y)
end;

begin
  for i := 0 to n - 1 do
    u[i] := 1;
  for i := 1 to 10 do begin
    both(u, v);
    both(v, u)
  end;
  uv := 0;
  vv := 0;
  for i := 0 to n - 1 do begin
    uv := uv + u[i] * v[i];
    vv := vv + v[i] * v[i]
  end;
  writeln(sqrt(uv / vv):0:9)
end.
