program sudoku;
{ Solves sudokus: reads nine lines of nine cells (a digit, or anything else for an empty one), writes the
  solution.  Of all empty cells it tries the one with the fewest possible digits first. }
type
  digit = 1..9;
  digits = set of digit;
var
  cell: array [1..9, 1..9] of 0..9;
  inrow, incol, inbox: array [1..9] of digits; { what is still free }
  steps: integer;

function box(r, c: integer): integer;
begin
  box := (r - 1) div 3 * 3 + (c - 1) div 3 + 1
end;

procedure put(r, c, d: integer);
begin
  cell[r, c] := d;
  inrow[r] := inrow[r] - [d];
  incol[c] := incol[c] - [d];
  inbox[box(r, c)] := inbox[box(r, c)] - [d]
end;

procedure take(r, c: integer);
var
  d: integer;
begin
  d := cell[r, c];
  cell[r, c] := 0;
  inrow[r] := inrow[r] + [d];
  incol[c] := incol[c] + [d];
  inbox[box(r, c)] := inbox[box(r, c)] + [d]
end;

function size(s: digits): integer;
var
  d: digit;
  n: integer;
begin
  n := 0;
  for d := 1 to 9 do
    if d in s then
      n := n + 1;
  size := n
end;

{ The empty cell with the fewest possibilities; false when none is empty. }
function choose(var br, bc: integer): boolean;
var
  r, c, n, best: integer;
begin
  best := 10;
  for r := 1 to 9 do
    for c := 1 to 9 do
      if cell[r, c] = 0 then begin
        n := size(inrow[r] * incol[c] * inbox[box(r, c)]);
        if n < best then begin
          best := n;
          br := r;
          bc := c
        end
      end;
  choose := best < 10
end;

function solve: boolean;
var
  r, c: integer;
  d: digit;
  free: digits;
begin
  if not choose(r, c) then begin
    solve := true;
    exit
  end;
  solve := false;
  free := inrow[r] * incol[c] * inbox[box(r, c)];
  for d := 1 to 9 do
    if d in free then begin
      steps := steps + 1;
      put(r, c, d);
      if solve() then begin
        solve := true;
        exit
      end;
      take(r, c)
    end
end;

procedure load;
var
  r, c: integer;
  ch: char;
begin
  for r := 1 to 9 do begin
    inrow[r] := [1..9];
    incol[r] := [1..9];
    inbox[r] := [1..9]
  end;
  for r := 1 to 9 do begin
    for c := 1 to 9 do begin
      cell[r, c] := 0;
      if not eoln then begin
        read(ch);
        if ch in ['1'..'9'] then
          put(r, c, ord(ch) - ord('0'))
      end
    end;
    readln
  end
end;

procedure show;
var
  r, c: integer;
begin
  for r := 1 to 9 do begin
    if r mod 3 = 1 then
      writeln('+-------+-------+-------+');
    for c := 1 to 9 do begin
      if c mod 3 = 1 then
        write('| ');
      write(cell[r, c], ' ')
    end;
    writeln('|')
  end;
  writeln('+-------+-------+-------+')
end;

begin
  load;
  steps := 0;
  if solve() then begin
    show;
    writeln(steps, ' digits tried')
  end else
    writeln('There is no solution.')
end.
