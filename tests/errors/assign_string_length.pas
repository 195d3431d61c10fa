{ error: 5:8: this value is of type string of 4 characters, not string of 5 characters }
program assign_string_length;
var a: packed array [1..5] of char;
begin
  a := 'four'
end.
