program types;
var
  i: integer;
  b: boolean;
  s: string;
  r: record
    x: integer
  end;
begin
  i := 'one';
  b := i + 1;
  i := r.y;
  s := 5;
  if i then
    b := true;
  i := 1.5;
  i[1] := 2;
  b := not i
end.
{ error: 10:8: this value is of type string of 3 characters, not integer }
{ error: 11:8: this value is of type integer, not boolean }
{ error: 12:10: there is no field 'y' in record }
{ error: 13:8: this value is of type integer, not string }
{ error: 14:6: the condition of 'if' is of type integer, not boolean }
{ error: 16:8: this value is of type real, not integer; use trunc or round }
{ error: 17:3: a value of type integer cannot be indexed }
{ error: 18:8: this value is of type integer, not boolean }
