{ error: 5:9: expected ';' before 'j' }
program missing_semicolon;
var i, j: integer;
begin
  i := 1
  j := 2
end.
