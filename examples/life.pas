program life;
{ Conway's game of life on a torus.  Argument: the number of generations to show (4).
  The start is read from the input: a star is a living cell. }
const
  rows = 16;
  cols = 48;
type
  world = packed array [0..rows - 1, 0..cols - 1] of boolean;
var
  now, next: world;
  generation, last, code: integer;

procedure load(var w: world);
var
  r, c: integer;
  ch: char;
begin
  for r := 0 to rows - 1 do
    for c := 0 to cols - 1 do
      w[r, c] := false;
  r := 0;
  while not eof and (r < rows) do begin
    c := 0;
    while not eoln and (c < cols) do begin
      read(ch);
      w[r, c] := ch = '*';
      c := c + 1
    end;
    readln;
    r := r + 1
  end
end;

procedure show(var w: world);
var
  r, c, alive: integer;
begin
  alive := 0;
  for r := 0 to rows - 1 do begin
    for c := 0 to cols - 1 do
      if w[r, c] then begin
        write('*');
        alive := alive + 1
      end else
        write('.');
    writeln
  end;
  writeln('generation ', generation, ', alive: ', alive)
end;

function neighbours(var w: world; r, c: integer): integer;
var
  dr, dc, n: integer;
begin
  n := 0;
  for dr := -1 to 1 do
    for dc := -1 to 1 do
      if (dr <> 0) or (dc <> 0) then
        n := n + ord(w[(r + dr + rows) mod rows, (c + dc + cols) mod cols]);
  neighbours := n
end;

procedure step(var from, into: world);
var
  r, c: integer;
begin
  for r := 0 to rows - 1 do
    for c := 0 to cols - 1 do
      case neighbours(from, r, c) of
        2: into[r, c] := from[r, c];
        3: into[r, c] := true;
        0, 1, 4, 5, 6, 7, 8: into[r, c] := false
      end
end;

begin
  last := 4;
  if paramcount > 0 then
    val(paramstr(1), last, code);
  load(now);
  generation := 0;
  show(now);
  while generation < last do begin
    step(now, next);
    now := next;
    generation := generation + 1
  end;
  show(now)
end.
