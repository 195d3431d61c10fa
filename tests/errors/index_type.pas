{ error: 5:5: the index is of type char, not 1..10 }
program index_type;
var a: array [1..10] of integer;
begin
  a['x'] := 1
end.
