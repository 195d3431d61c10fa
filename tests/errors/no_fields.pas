{ error: 5:3: a value of type integer has no fields }
program no_fields;
var i, j: integer;
begin
  i.x := 2
end.
