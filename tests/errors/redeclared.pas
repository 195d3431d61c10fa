{ error: 4:5: 'i' is already declared }
program redeclared;
var i: integer;
    i: char;
begin
  i := 1
end.
