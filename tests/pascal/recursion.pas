program recursion;
{ expect:
6765 5 10000 4987.885095
}
{ Deep and wide recursion. }
function fib(n: integer): integer;
begin
  if n < 2 then
    fib := n
  else
    fib := fib(n - 1) + fib(n - 2)
end;

function tak(x, y, z: integer): integer;
begin
  if y >= x then
    tak := z
  else
    tak := tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end;

function depth(n: integer): integer;
begin
  if n = 0 then
    depth := 0
  else
    depth := 1 + depth(n - 1)
end;

function power(x: real; n: integer): real;
begin
  if n = 0 then
    power := 1
  else if odd(n) then
    power := x * power(x, n - 1)
  else
    power := sqr(power(x, n div 2))
end;

begin
  writeln(fib(20), ' ', tak(12, 8, 4), ' ', depth(10000), ' ', power(1.5, 21):0:6)
end.
