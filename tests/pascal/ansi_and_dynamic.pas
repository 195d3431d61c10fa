(* expect:
hello Jello 5
hello Jello!
1012uvwxyzabcdefghijklmnopqrst
ababcccc
Jello 1017#o
99 99
77 4 5 7 6 0
2177
234
rlastzero3rq
hello Jello!bcdefghi20
hello Jello!bcdefghix
6103a.b.h.
one.one.oneone.
ho Jello!bcdefghix
hoINS Jello!bcdefghix30
more
[]0
empty
   42
1230
xyz
0
ccdec
acb
*)
{$mode objfpc}{$H+}
program t1;
type
  tia = array of integer;
  trec = record name: string; vals: array of string; n: integer end;
var
  s, t: string;
  a, b: tia;
  m: array of array of integer;
  r, q: trec;
  i, j: integer;
  ss: string[20];
  fixed: array [1..3] of string;

function twice(const x: string): string;
begin
  result := x + x;
end;
function rec(n: integer): trec;
begin
  result.name := 'r';
  setlength(result.vals, n);
  if n > 0 then result.vals[n-1] := 'last';
  result.n := n;
end;
procedure change(x: string; var y: string);
begin
  x[1] := '#';
  y := y + x;
end;
function sum(const v: array of integer): integer;
var k: integer;
begin
  result := 0;
  for k := low(v) to high(v) do result := result + v[k];
end;
function join(v: array of string): string;
var k: integer;
begin
  result := '';
  for k := 0 to high(v) do begin v[k] := v[k] + '.'; result := result + v[k] end;
end;
begin
  s := 'hello';
  t := s;
  t[1] := 'J';
  writeln(s, ' ', t, ' ', length(s));
  s := s + ' ' + t + '!';
  writeln(s);
  for i := 1 to 1000 do s := s + chr(ord('a') + i mod 26);
  writeln(length(s), copy(s, 500, 26));
  writeln(twice('ab') + twice(twice('c')));
  change(t, s);
  writeln(t, ' ', length(s), s[length(s)-4], s[length(s)]);
  setlength(a, 5);
  for i := 0 to 4 do a[i] := i * i;
  b := a;
  b[2] := 99;
  writeln(a[2], ' ', b[2]);
  setlength(b, 7);
  b[2] := 4; a[2] := 77;
  writeln(a[2], ' ', b[2], ' ', length(a), ' ', length(b), ' ', high(b), ' ', b[6]);
  b := copy(a, 1, 2);
  writeln(length(b), b[0], b[1]);
  setlength(m, 3, 4);
  for i := 0 to 2 do for j := 0 to 3 do m[i][j] := i * 10 + j;
  writeln(m[2, 3], length(m[1]));
  r := rec(3);
  q := r;
  q.vals[0] := 'zero'; q.name := q.name + 'q';
  writeln(r.name, r.vals[2], r.vals[0], length(q.vals), q.name);
  ss := s;
  writeln(ss, length(ss));
  t := ss + 'x';
  writeln(t);
  writeln(sum([1, 2, 3]), sum(a), join(['a', 'b', s[1]]));
  fixed[1] := 'one'; fixed[2] := fixed[1]; fixed[3] := fixed[1] + fixed[2];
  writeln(join(fixed));
  delete(t, 2, 3); writeln(t);
  insert('INS', t, 3); writeln(t, pos('INS', t), pos('zz', t));
  if t = '' then writeln('empty') else if t > 'a' then writeln('more');
  t := ''; writeln('[', t, ']', length(t));
  if t = '' then writeln('empty');
  str(42:5, t); writeln(t);
  val('123', i, j); writeln(i, j);
  setlength(t, 3); t[1] := 'x'; t[2] := 'y'; t[3] := 'z'; writeln(t);
  uniquestring(t);
  a := nil; writeln(length(a));
  t := 'c'; writeln(t, t + 'd', 'e' + t);
  writeln(concat('a', t, 'b'));
end.
