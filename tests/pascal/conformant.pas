program conformant(output);
{ expect:
1555
2 4 6 8 10 
3
40 42 44 
60 62 64 
40 42 44 
-2 42 44 
2 4 6 8 10 
5005 5050
}
{ fpc: no }
{ Conformant arrays by reference and by value, of one and two dimensions, seen from inner routines; open arrays. }
type v5 = array [1..5] of integer; m = array [2..3, 'a'..'c'] of integer; tiny = 0..100;
var a: v5; b: array [-2..2] of integer; c: m; i: integer; ch: char;
procedure sum(var x, y: array [lo..hi: integer] of integer; var r: integer);
var k: integer;
  procedure inner; var k: integer; begin for k := lo to hi do r := r + 100 * x[k] end;
begin r := 0; for k := lo to hi do r := r + x[k] * y[k]; inner end;
procedure byvalue(x: array [lo..hi: tiny] of integer);
var k: integer;
begin for k := lo to hi do begin x[k] := x[k] * 2; write(x[k], ' ') end; writeln end;
procedure mat(var x: array [l1..h1: integer; l2..h2: char] of integer; z: array [p..q: integer] of array [r..s: char] of integer);
var i: integer; c: char;
begin
  for i := l1 to h1 do begin for c := l2 to h2 do write(x[i, c] + z[i][c], ' '); writeln end;
  z[2]['a'] := 5; x[3] := x[2]; x[3]['a'] := -1
end;
procedure pass(procedure q(x: array [lo..hi: tiny] of integer)); begin q(a) end;
function top(x: array of integer): integer; var i, t: integer; begin t := x[0]; for i := 1 to high(x) do if x[i] > t then t := x[i]; top := t + length(x) * 1000 + low(x) end;
begin
  for i := 1 to 5 do begin a[i] := i; b[i - 3] := 10 * i end;
  sum(a, a, i); writeln(i);
  byvalue(a); writeln(a[3]);
  for i := 2 to 3 do for ch := 'a' to 'c' do c[i, ch] := i * 10 + ord(ch) - ord('a');
  mat(c, c); mat(c, c);
  pass(byvalue);
  writeln(top(a), ' ', top(b));
end.
