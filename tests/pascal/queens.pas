program queens;
{ expect:
1 5 8 6 3 7 2 4 
92
}
{ fpc: -Mtp }
{ Wirth's eight queens: all solutions counted, the first one shown. }
var
  row: array [1..8] of boolean;
  up: array [2..16] of boolean;
  down: array [-7..7] of boolean;
  x: array [1..8] of integer;
  i, solutions: integer;

procedure try(col: integer);
var
  r: integer;
begin
  for r := 1 to 8 do
    if row[r] and up[r + col] and down[r - col] then begin
      x[col] := r;
      row[r] := false;
      up[r + col] := false;
      down[r - col] := false;
      if col < 8 then
        try(col + 1)
      else begin
        solutions := solutions + 1;
        if solutions = 1 then begin
          for i := 1 to 8 do
            write(x[i], ' ');
          writeln
        end
      end;
      row[r] := true;
      up[r + col] := true;
      down[r - col] := true
    end
end;

begin
  for i := 1 to 8 do
    row[i] := true;
  for i := 2 to 16 do
    up[i] := true;
  for i := -7 to 7 do
    down[i] := true;
  solutions := 0;
  try(1);
  writeln(solutions)
end.
