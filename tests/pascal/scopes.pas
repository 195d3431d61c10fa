program scopes;
{ expect:
3.50 2
11
7
3 1 5
i
}
{ Names hide names: parameters, locals, record fields under with, constants and types redeclared. }
const
  n = 1;
type
  t = integer;
var
  x: t;
  r: record
    x, n: integer
  end;

procedure p(x: integer);
const
  n = 2;
type
  t = real;
var
  y: t;
begin
  y := x / n;
  writeln(y:0:2, ' ', n);
  with r do begin
    x := 5;
    n := 6;
    writeln(x + n)
  end;
  writeln(x)
end;

procedure true1;
var
  integer: char;
begin
  integer := 'i';
  writeln(integer)
end;

begin
  x := 3;
  p(x + 4);
  writeln(x, ' ', n, ' ', r.x);
  true1
end.
