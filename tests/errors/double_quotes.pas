{ error: 4:11: a string stands in single quotes }
program double_quotes;
begin
  writeln("hello, world")
end.
