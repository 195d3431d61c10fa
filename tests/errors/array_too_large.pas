{ error: 3:8: this array is too large (the limit is 1 GiB) }
program array_too_large;
var a: array [1..100000, 1..100000] of integer;
begin
  writeln
end.
