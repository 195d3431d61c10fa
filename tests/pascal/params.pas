program params;
{ expect:
2 1
24 11 63 77 24
4  3 6
10 b 5.00 TRUE
}
{ Value and variable parameters of every kind; functions that return pointers, sets' elements, reals. }
type
  pair = record
    a, b: integer
  end;
  row = array [1..4] of integer;
  rows = array [1..2] of row;
  ptr = ^pair;
var
  p: pair;
  r: rows;
  q: ptr;
  i: integer;
  c: char;
  x: real;
  b: boolean;

procedure swap(var x, y: integer);
var
  t: integer;
begin
  t := x;
  x := y;
  y := t
end;

procedure all(var i: integer; var c: char; var x: real; var b: boolean; v: integer; const k: pair);
begin
  i := i + v;
  c := succ(c);
  x := x * 2 + k.a;
  b := not b
end;

function make(a, b: integer): ptr;
var
  p: ptr;
begin
  new(p);
  p^.a := a;
  p^.b := b;
  make := p
end;

function total(r: row): integer;
begin
  r[1] := r[1] + r[2] + r[3] + r[4];
  total := r[1]
end;

procedure fill(var r: row; from: integer);
var
  i: integer;
begin
  for i := 1 to 4 do
    r[i] := from + i
end;

function max(a, b: integer): integer;
begin
  if a > b then
    max := a
  else
    max := b
end;

begin
  p.a := 1;
  p.b := 2;
  swap(p.a, p.b);
  writeln(p.a, ' ', p.b);
  fill(r[1], 10);
  fill(r[2], 20);
  swap(r[1][1], r[2][4]);
  writeln(r[1, 1], ' ', r[2, 4], ' ', total(r[1]), ' ', total(r[2]), ' ', r[1, 1]);
  q := make(3, 4);
  swap(q^.a, q^.b);
  writeln(q^.a, q^.b:3, ' ', make(5, 6)^.b);
  i := 1;
  c := 'a';
  x := 1.5;
  b := false;
  all(i, c, x, b, max(max(1, 9), 5), p);
  writeln(i, ' ', c, ' ', x:0:2, ' ', b)
end.
