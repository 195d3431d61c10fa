{ error: 5:5: there is no field 'lenght' in record; did you mean 'length'? }
program misspelt_field;
var r: record length: integer end;
begin
  r.lenght := 1
end.
