{ error: 3:27: the field 'x' is already declared }
program redeclared_field;
var r: record x: integer; x: char end;
begin
  r.x := 1
end.
