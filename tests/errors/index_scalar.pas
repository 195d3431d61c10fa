{ error: 5:3: a value of type integer cannot be indexed }
program index_scalar;
var i, j: integer;
begin
  i[1] := 2
end.
