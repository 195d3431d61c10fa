{ error: 5:14: expected 'to' or 'downto' before '10' }
program missing_to;
var i, j: integer;
begin
  for i := 1 10 do
end.
