{ error: 7:3: 'p' takes 1 argument, not 2 }
program many_arguments;
procedure p(a: integer);
begin
end;
begin
  p(1, 2)
end.
