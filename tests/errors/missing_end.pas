{ error: 4:12: expected 'end' before the end of the file }
program missing_end;
begin
  writeln;
