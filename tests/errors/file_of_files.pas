{ error: 8:15: a file cannot hold files }
{ error: 13:10: 'readln' does not take a value of type file of integer }
{ error: 14:12: this value is of type boolean, not integer }
{ error: 15:3: files cannot be assigned }
{ error: 16:12: only a file without a type takes the size of its components }
program file_of_files;
type
  t = file of text;
var
  f, g: file of integer;
  u: file;
begin
  readln(f);
  write(f, true);
  f := g;
  reset(f, 10);
  reset(u, 10)
end.
