{ error: 6:8: this value is of type integer, not color }
program assign_enum;
type color = (red, green);
var c: color;
begin
  c := 1
end.
