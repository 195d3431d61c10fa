{ error: 5:21: this label is there already }
program case_twice;
var i, j: integer;
begin
  case i of 1: ; 2, 1: end
end.
