{ error: 5:18: expected 'until' before 'end' }
program missing_until;
var i, j: integer;
begin
  repeat i := 1; end
end.
