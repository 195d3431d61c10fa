program randoms;
{ random: the same sequence on every machine, within its range, evenly spread. }
{ fpc: no }
{ expect: TRUE 0 0 }
var
  i, n: integer;
  count: array [0..9] of integer;
  x, sum: real;
begin
  for i := 0 to 9 do
    count[i] := 0;
  for i := 1 to 20000 do begin
    n := random(10);
    count[n] := count[n] + 1
  end;
  for i := 0 to 9 do
    if (count[i] < 1850) or (count[i] > 2150) then
      writeln('uneven: ', i, ' ', count[i]);
  sum := 0;
  for i := 1 to 20000 do begin
    x := random;
    if (x < 0) or (x >= 1) then
      writeln('out of range: ', x);
    sum := sum + x
  end;
  writeln(abs(sum / 20000 - 0.5) < 0.01, ' ', random(1), ' ', random(0))
end.
