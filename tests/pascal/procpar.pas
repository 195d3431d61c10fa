program procpar(output);
{ expect:
385
4018 4
204
4014 4
204
4010 4
204
-67
}
{ Procedures and functions as parameters, nested ones with their surroundings (ISO 7185, 6.6.3). }
{ fpc: -Miso }
var
  base: integer;

function sum(function f(x: integer): integer; a, b: integer): integer;
var
  i, s: integer;
begin
  s := 0;
  for i := a to b do
    s := s + f(i);
  sum := s
end;

function square(x: integer): integer;
begin
  square := x * x
end;

procedure twice(procedure p);
begin
  p;
  p
end;

procedure test(k: integer);
var
  count: integer;

  function shifted(x: integer): integer;
  begin
    count := count + 1;
    shifted := x + k + base
  end;

  procedure note;
  begin
    count := count + 100
  end;

begin
  count := 0;
  writeln(sum(shifted, 1, 4):1, ' ', count:1);
  twice(note);
  writeln(count:1);
  if k > 0 then
    test(k - 1)
end;

{ Knuth's man or boy: each activation must keep the k of its own. }
function man(k: integer; function x1: integer; function x2: integer; function x3: integer; function x4: integer;
  function x5: integer): integer;

  function b: integer;
  begin
    k := k - 1;
    b := man(k, b, x1, x2, x3, x4)
  end;

begin
  if k <= 0 then
    man := x4 + x5
  else
    man := b
end;

function one: integer;
begin
  one := 1
end;

function minus: integer;
begin
  minus := -1
end;

function zero: integer;
begin
  zero := 0
end;

begin
  base := 1000;
  writeln(sum(square, 1, 10):1);
  test(2);
  writeln(man(10, one, minus, minus, one, zero):1)
end.
