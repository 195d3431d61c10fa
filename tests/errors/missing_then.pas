{ error: 5:12: expected 'then' before 'j' }
program missing_then;
var i, j: integer;
begin
  if i = 1 j := 2
end.
