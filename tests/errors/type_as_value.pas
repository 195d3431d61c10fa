{ error: 5:8: 'integer' is a type, not a value }
program type_as_value;
var i, j: integer;
begin
  i := integer
end.
