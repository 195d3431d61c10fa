{ error: 3:8: files of type other than 'text' are not supported }
program file_of_integer;
var f: file of integer;
begin
  writeln
end.
