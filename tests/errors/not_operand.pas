{ error: 5:8: 'not' does not go with char }
program not_operand;
var i, j: integer;
begin
  i := not 'x'
end.
