{ error: 4:8: this is not a variable }
program read_constant;
begin
  read(3)
end.
