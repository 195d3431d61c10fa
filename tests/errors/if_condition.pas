{ error: 5:6: the condition of 'if' is of type integer, not boolean }
program if_condition;
var i, j: integer;
begin
  if i then j := 1
end.
