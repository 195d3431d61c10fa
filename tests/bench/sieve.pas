program sieve;
{ Primes below four million, several times. }
const
  size = 4000000;
  rounds = 8;
var
  flags: array [2..size] of boolean;
  i, k, count, round: integer;
begin
  for round := 1 to rounds do begin
    for i := 2 to size do
      flags[i] := true;
    count := 0;
    for i := 2 to size do
      if flags[i] then begin
        count := count + 1;
        k := i + i;
        while k <= size do begin
          flags[k] := false;
          k := k + i
        end
      end
  end;
  writeln(count)
end.
