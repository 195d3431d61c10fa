program trap;
{ expect: before }
{ Recursion without end. }
{ status: 202 }
{ fpc: -Mobjfpc -Ct }
{ stderr: 202 }
function f(n: integer): integer;
var
  a: array [1..100] of integer;
begin
  a[n mod 100 + 1] := n;
  f := f(n + 1) + a[n mod 100 + 1]
end;

begin
  writeln('before');
  writeln(f(1))
end.
