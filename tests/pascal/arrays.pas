program arrays;
{ expect:
1 4 9 16 25 
2 8 18 32 50 
1 4 9 16 25 
3 -8 10
10 12
111 234 213
1001001001001001
anna bert arna TRUE TRUE TRUE
}
{ Arrays of several dimensions, assigned and passed whole, packed ones, odd lower bounds. }
type
  vector = array [1..5] of integer;
  matrix = array [-1..1, 0..2] of integer;
  bits = packed array [0..15] of boolean;
  names = array [1..3] of packed array [1..4] of char;
var
  v, w: vector;
  m: matrix;
  cube: array [1..2, 1..3, 1..4] of integer;
  b: bits;
  n: names;
  i, j, k: integer;

procedure show(v: vector);
var
  i: integer;
begin
  for i := 1 to 5 do
    write(v[i], ' ');
  v[1] := 99; { a copy }
  writeln
end;

procedure double(var v: vector);
var
  i: integer;
begin
  for i := 1 to 5 do
    v[i] := 2 * v[i]
end;

function trace(m: matrix): integer;
var
  i, t: integer;
begin
  t := 0;
  for i := -1 to 1 do
    t := t + m[i][i + 1];
  trace := t
end;

begin
  for i := 1 to 5 do
    v[i] := i * i;
  w := v;
  double(w);
  show(v);
  show(w);
  show(v);
  for i := -1 to 1 do
    for j := 0 to 2 do
      m[i, j] := 10 * i + j;
  writeln(trace(m), ' ', m[-1, 2], ' ', m[1][0]);
  m[0] := m[1];
  writeln(m[0, 0], ' ', m[0, 2]);
  for i := 1 to 2 do
    for j := 1 to 3 do
      for k := 1 to 4 do
        cube[i, j, k] := 100 * i + 10 * j + k;
  writeln(cube[1, 1, 1], ' ', cube[2, 3, 4], ' ', cube[2][1][3]);
  for i := 0 to 15 do
    b[i] := i mod 3 = 0;
  for i := 15 downto 0 do
    write(ord(b[i]));
  writeln;
  n[1] := 'anna';
  n[2] := 'bert';
  n[3] := n[1];
  n[3][2] := 'r';
  writeln(n[1], ' ', n[2], ' ', n[3], ' ', n[1] < n[2], ' ', n[3] > n[1], ' ', n[1] = 'anna')
end.
