{ error: 6:8: this value is of type string of 6 characters, not string of 5 characters }
program assign_string_length;
var a: packed array [1..5] of char;
begin
  a := 'four'; { filled up }
  a := 'sixsix'
end.
