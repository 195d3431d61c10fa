program proc_values;
{ expect:
8 14 4 42 120 55
}
{ fpc: -Mtp }
type fn = function(a, b: integer): integer;
  table = array [1..3] of fn;
var t: table; i: integer; f: fn;
function add(a, b: integer): integer; begin add := a + b end;
function mul(a, b: integer): integer; begin mul := a * b end;
function sub(a, b: integer): integer; begin sub := a - b end;
function fold(g: fn; n: integer): integer;
var i, r: integer;
begin r := 1; for i := 2 to n do r := g(r, i); fold := r end;
begin
  t[1] := add; t[2] := mul; t[3] := sub;
  for i := 1 to 3 do write(t[i](7, i), ' ');
  f := t[2];
  writeln(f(6, 7), ' ', fold(f, 5), ' ', fold(add, 10))
end.
