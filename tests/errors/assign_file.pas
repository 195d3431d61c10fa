{ error: 5:3: files cannot be assigned }
program assign_file;
var a, b: text;
begin
  a := b
end.
