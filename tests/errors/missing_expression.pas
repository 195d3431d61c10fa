{ error: 5:8: expected an expression before ';' }
program missing_expression;
var i, j: integer;
begin
  i := ;
  j := 1
end.
