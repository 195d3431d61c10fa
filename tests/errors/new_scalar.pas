{ error: 5:7: 'new' does not take a value of type integer }
program new_scalar;
var i, j: integer;
begin
  new(i)
end.
