{ error: 5:15: expected 'do' before 'begin' }
program missing_do;
var i, j: integer;
begin
  while i < 3 begin i := 3 end
end.
