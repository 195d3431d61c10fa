{ error: 5:15: only real numbers have decimals }
program decimals_of_integer;
var i, j: integer;
begin
  writeln(i:3:2)
end.
