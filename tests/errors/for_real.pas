{ error: 5:7: the counter of 'for' cannot be of type real }
program for_real;
var x: real;
begin
  for x := 1 to 3 do
end.
