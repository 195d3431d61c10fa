{ error: 5:9: the condition of 'while' is of type integer, not boolean }
program while_condition;
var i, j: integer;
begin
  while 1 do j := 1
end.
