{ error: 3:21: expected 'of' before 'integer' }
program missing_of;
var a: array [1..3] integer;
begin
end.
