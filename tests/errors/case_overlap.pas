{ error: 5:21: this label is there already }
program case_overlap;
var i, j: integer;
begin
  case i of 1..5: ; 3: end
end.
