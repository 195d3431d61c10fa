{ error: 3:7: expected ':' before 'integer' }
program missing_colon;
var x integer;
    y: integer;
begin
  y := 1
end.
