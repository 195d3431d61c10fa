{ error: 5:8: this value is of type real, not integer; use trunc or round }
program assign_real;
var i, j: integer;
begin
  i := 2.5
end.
