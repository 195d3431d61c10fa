{ error: 5:7: expected ']' before ':=' }
program missing_bracket;
var a: array [1..3] of integer;
begin
  a[1 := 2
end.
