{ error: 7:3: 'p' takes 2 arguments, not 1 }
program few_arguments;
procedure p(a, b: integer);
begin
end;
begin
  p(1)
end.
