{ error: 3:7: files of type other than 'text' are not supported }
program file_of_integer;
var f: file of integer;
begin
  writeln
end.
