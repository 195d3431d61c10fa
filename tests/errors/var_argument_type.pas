{ error: 8:5: the var parameter 'a' needs a variable of type integer, this is of type real }
program var_argument_type;
var x: real;
procedure p(var a: integer);
begin
end;
begin
  p(x)
end.
