{ error: 5:13: this label is of type char, the selector of type integer }
program case_type;
var i, j: integer;
begin
  case i of 'a': end
end.
