{ frac, int: the parts of a number. }
function int(x: double): double;
begin
  if abs(x) >= 4503599627370496.0 then int := x else int := trunc(x)
end;

function frac(x: double): double;
begin
  frac := x - int(x)
end;
