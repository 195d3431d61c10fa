{ error: 5:3: a value of type integer points to nothing }
program no_pointer;
var i, j: integer;
begin
  i^ := 2
end.
