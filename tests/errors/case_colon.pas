{ error: 5:15: expected ':' before 'j' }
program case_colon;
var i, j: integer;
begin
  case i of 1 j := 2; end
end.
