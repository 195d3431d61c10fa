program short_circuit;
{ expect:
101
1
FALSETRUE 1101FALSE
1099
}
var n: integer; p: ^integer;
function t(k: integer): boolean; begin n := n + k; t := true end;
function f(k: integer): boolean; begin n := n + k; f := false end;
begin
  n := 0; p := nil;
  if (p <> nil) and (p^ > 0) then writeln('no');
  if f(1) and t(10) or t(100) then writeln(n);
  n := 0; if t(1) or f(10) and f(100) then writeln(n);
  n := 0; writeln(f(1) and t(10), not f(100) and t(1000), ' ', n, f(1) or t(1) xor t(2));
  while (n > 0) and not (n mod 7 = 0) do n := n - 1; writeln(n)
end.
