{ error: 5:8: '+' does not go with integer and boolean }
program operand_types;
var i, j: integer;
begin
  i := i + true
end.
