program recurse;
{ Calls: Fibonacci, Takeuchi, Ackermann. }
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

function ack(m, n: integer): integer;
begin
  if m = 0 then
    ack := n + 1
  else if n = 0 then
    ack := ack(m - 1, 1)
  else
    ack := ack(m - 1, ack(m, n - 1))
end;

begin
  writeln(fib(40), ' ', tak(28, 18, 8), ' ', ack(3, 10))
end.
