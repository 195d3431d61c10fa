{ stringofchar: one character, many times. }
function stringofchar(c: char; n: integer): ansistring;
begin
  result := '';
  setlength(result, n);
  if n > 0 then fillchar(result[1], n, c)
end;
