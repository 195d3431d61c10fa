{ error: 5:15: this element is of type char, the others of type integer }
program set_elements;
var i, j: integer;
begin
  if i in [1, 'a'] then j := 1
end.
