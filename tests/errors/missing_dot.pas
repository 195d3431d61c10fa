{ error: 5:5: expected '.' before the end of the file }
program missing_dot;
begin
  writeln
end
