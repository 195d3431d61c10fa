{ error: 5:22: 'i' counts a 'for' statement and cannot be changed inside it }
program for_counter;
var i, j: integer;
begin
  for i := 1 to 3 do i := 2
end.
