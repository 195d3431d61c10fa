{ error: 6:18: expected 'then' before '='; comparisons beside 'and' and 'or' need parentheses }
program and_precedence;
var a, b: integer;
begin
  a := 1; b := 2;
  if a = 1 and b = 2 then writeln
end.
