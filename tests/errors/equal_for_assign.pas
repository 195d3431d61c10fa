{ error: 5:5: expected ':=' before '=' }
program equal_for_assign;
var i, j: integer;
begin
  i = 1
end.
