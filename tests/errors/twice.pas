program twice;
var
  a: integer;
  a: char;
label
  5;
begin
  case a of
    1: a := 2;
    1: a := 3
  end;
  goto 6
end.
{ error: 4:3: 'a' is already declared }
{ error: 10:5: this label is there already }
{ error: 12:3: the label 6 is not declared }
