program calls;
procedure p(a: integer; var b: integer);
begin
  b := a
end;

var
  i: integer;
begin
  p(1);
  p(1, 2);
  p(1, i, 3);
  i := p(1, i)
end.
{ error: 10:3: 'p' takes 2 arguments, not 1 }
{ error: 11:8: this is not a variable }
{ error: 12:3: 'p' takes 2 arguments, not 3 }
{ error: 13:8: this procedure gives no value }
