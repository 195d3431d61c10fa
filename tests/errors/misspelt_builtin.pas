{ error: 4:3: unknown name 'wrtieln'; did you mean 'writeln'? }
program misspelt_builtin;
begin
  wrtieln('hello')
end.
