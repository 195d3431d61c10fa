{ error: 5:12: the ';' before 'else' ends the 'if' }
program else_semicolon;
begin
  if true then
    writeln;
  else
    writeln
end.
