{ error: 5:8: this number is too large }
program large_number;
var i, j: integer;
begin
  i := 99999999999999999999
end.
