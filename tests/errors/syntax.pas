program syntax;
var
  i: integer;
begin
  i := 1 +;
  writeln(i;
  i := 2
end.
{ error: 5:11: expected an expression before ';' }
{ error: 6:12: expected ')' before ';' }
