{ error: 5:8: '-' does not go with char }
program negate_operand;
var i, j: integer;
begin
  i := -'x'
end.
