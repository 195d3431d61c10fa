{ error: 4:8: 'i' is not a type }
program not_a_type;
var i: integer;
    j: i;
begin
  writeln
end.
