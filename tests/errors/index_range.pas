{ error: 5:5: the index 11 is outside 1..10 }
program index_range;
var a: array [1..10] of integer;
begin
  a[11] := 1
end.
