{ error: 11:8: this value is of type boolean, not integer; use ord }
{ error: 12:8: this value is of type integer, not boolean }
{ error: 13:3: unknown name 'undefined' }
{ error: 13:13: '+' does not go with integer and boolean }
{ error: 14:8: unknown name 'undefined2' }
program several;
var
  i: integer;
  b: boolean;
begin
  i := b;
  b := i;
  undefined(i + b);
  i := undefined2 + 1;
  b := not b
end.
