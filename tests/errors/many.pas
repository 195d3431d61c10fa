{ error: 8:11: expected an expression before ';' }
{ error: 9:10: expected ')' before ';' }
{ error: 10:12: expected 'then' before 'i' }
program many;
var
  i: integer;
begin
  i := 1 +;
  i := (2;
  if i > 1 i := 3;
  while i do i := 4
end.
