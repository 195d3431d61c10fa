{ error: 3:10: the lower bound is above the upper one }
program bounds;
type t = 10..1;
begin
  writeln
end.
