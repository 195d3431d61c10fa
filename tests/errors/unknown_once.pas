{ error: 5:3: unknown name 'x' }
program unknown_once;
var i: integer;
begin
  x := 1; x := 2; i := 3
end.
