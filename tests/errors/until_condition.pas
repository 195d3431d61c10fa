{ error: 5:23: the condition of 'until' is of type char, not boolean }
program until_condition;
var i, j: integer;
begin
  repeat j := 1 until 'x'
end.
