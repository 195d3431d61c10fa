{ error: 5:6: '=' does not go with integer and char }
program compare_types;
var i, j: integer;
begin
  if i = 'x' then j := 1
end.
