{ error: 4:3: 'var' cannot stand among statements }
program declaration_late;
begin
  var i: integer;
  i := 1
end.
