{ error: 5:3: this is an expression, not a statement }
program statement_expression;
var i: ^integer;
begin
  i^
end.
