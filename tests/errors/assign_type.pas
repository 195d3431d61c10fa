{ error: 5:8: this value is of type string of 3 characters, not integer }
program assign_type;
var i, j: integer;
begin
  i := 'abc'
end.
