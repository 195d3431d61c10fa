{ error: 4:8: only a function can exit with a value }
program exit_value;
begin
  exit(3)
end.
