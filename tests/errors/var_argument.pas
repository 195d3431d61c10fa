{ error: 7:5: this is not a variable }
program var_argument;
procedure p(var a: integer);
begin
end;
begin
  p(1)
end.
