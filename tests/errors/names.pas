program names;
var
  count: integer;
begin
  cuont := 1;
  count := undefined1;
  writln(count)
end.
{ error: 5:3: unknown name 'cuont'; did you mean 'count'? }
{ error: 6:12: unknown name 'undefined1' }
{ error: 7:3: unknown name 'writln'; did you mean 'writeln'? }
