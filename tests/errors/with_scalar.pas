{ error: 5:8: 'with' needs a record, not integer }
program with_scalar;
var i, j: integer;
begin
  with i do
end.
