{ error: 3:8: unknown name 'intger'; did you mean 'integer'? }
program misspelt_type;
var i: intger;
begin
  i := 1
end.
