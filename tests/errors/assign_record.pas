{ error: 5:8: this value is of another type record }
program assign_record;
var a: record x: integer end; b: record x: integer end;
begin
  a := b
end.
