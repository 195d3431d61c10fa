{ error: 5:8: the selector of 'case' cannot be of type real }
program case_real;
var x: real;
begin
  case x of 1: end
end.
