{ error: 5:8: division by zero }
program div_zero;
var i, j: integer;
begin
  i := 5 div 0
end.
