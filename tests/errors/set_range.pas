{ error: 3:15: the elements of a set must lie within 0..255 }
program set_range;
var s: set of 0..1000; i: integer;
begin
  i := 1
end.
