{ error: 3:10: the bounds are of different types, integer and char }
program bounds_types;
type t = 1..'x';
begin
  writeln
end.
