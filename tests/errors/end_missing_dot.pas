{ error: 6:4: expected 'end' before '.' }
program end_missing_dot;
begin
  while true do begin
    writeln
end.

