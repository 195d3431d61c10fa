{ error: 5:8: this value is of type integer, not char; use chr }
program assign_char;
var c: char;
begin
  c := 65
end.
