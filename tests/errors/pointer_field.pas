{ error: 6:3: a value of type ^r has no fields; '^' is missing }
program pointer_field;
type r = record x: integer end;
var p: ^r;
begin
  p.x := 2
end.
