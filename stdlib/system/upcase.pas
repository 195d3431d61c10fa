{ upcase, lowercase: letters of ASCII. }
function upcase(c: char): char; overload;
begin
  if (c >= 'a') and (c <= 'z') then upcase := chr(ord(c) - 32)
  else upcase := c
end;

function upcase(const s: ansistring): ansistring; overload;
var i: integer;
begin
  result := s;
  for i := 1 to length(result) do result[i] := upcase(result[i])
end;

function lowercase(c: char): char; overload;
begin
  if (c >= 'A') and (c <= 'Z') then lowercase := chr(ord(c) + 32)
  else lowercase := c
end;

function lowercase(const s: ansistring): ansistring; overload;
var i: integer;
begin
  result := s;
  for i := 1 to length(result) do result[i] := lowercase(result[i])
end;
