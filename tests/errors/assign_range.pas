{ error: 5:8: the value 11 is outside 1..10 }
program assign_range;
var s: 1..10;
begin
  s := 11
end.
