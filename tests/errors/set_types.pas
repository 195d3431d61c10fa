{ error: 5:6: 'in' does not go with integer and set of char }
program set_types;
var i, j: integer;
begin
  if i in ['a'] then j := 1
end.
