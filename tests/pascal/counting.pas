(* expect:
3 ... .x
4 ... .x
5 ... .x
[|     |3]
p q
*)
{$mode objfpc}{$H+}
program counting;
uses sysutils;
type
  trow = array of double;
  tmatrix = record rows: array of trow; name: string; all: array of array of string end;
  tc = class
    class procedure p(const s: string); static;
  end;
  tproc = procedure(const s: string);
class procedure tc.p(const s: string);
begin
  writeln('p ', s);
end;
function none: string;
begin
  result := '';
end;
procedure make(var m: tmatrix; n: integer);
begin
  setlength(m.rows, n, 1);
  setlength(m.all, n, 2);
  m.all[n - 1][1] := m.name + 'x';
  m.name := m.name + '.';
end;
procedure show(n: integer);
var i: integer; m: tmatrix;
begin
  for i := 0 to 2 do make(m, n + i);
  writeln(length(m.rows), ' ', m.name, ' ', m.all[n][1]);
end;
var f: tproc; i: integer;
begin
  for i := 1 to 3 do show(i);
  writeln(format('[%s|%5s|%d]', [none, none, 3]));
  f := @tc.p;
  f('q');
end.
