program queens;
{ All ways to put n queens, with sets of columns and diagonals. }
const
  n = 13;
type
  columns = set of 0..31;
var
  solutions: integer;

procedure place(row: integer; cols, up, down: columns);
var
  c: integer;
begin
  for c := 0 to n - 1 do
    if not (c in cols) and not (row + c in up) and not (row - c + n in down) then
      if row = n - 1 then
        solutions := solutions + 1
      else
        place(row + 1, cols + [c], up + [row + c], down + [row - c + n])
end;

begin
  solutions := 0;
  place(0, [], [], []);
  writeln(solutions)
end.
