{ error: 4:11: this string is not closed on its line }
program open_string;
begin
  writeln('abc)
end.
