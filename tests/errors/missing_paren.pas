{ error: 5:14: expected ')' before ';' }
program missing_paren;
var i, j: integer;
begin
  writeln('a';
  i := 1
end.
