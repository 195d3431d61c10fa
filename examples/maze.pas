program maze;
{ Digs a maze and finds the way through it.  Arguments: width and height in cells (30 and 10), seed (1). }
const
  maxw = 60;
  maxh = 40;
type
  direction = (north, east, south, west);
  cell = record
    open: set of direction;
    seen, onpath: boolean
  end;
var
  room: array [1..maxw, 1..maxh] of cell;
  dx, dy: array [direction] of integer;
  width, height, seed, steps: integer;

function argument(k, default, most: integer): integer;
var
  value, code: integer;
begin
  argument := default;
  if k <= paramcount then begin
    val(paramstr(k), value, code);
    if (code = 0) and (value > 0) and (value <= most) then
      argument := value
  end
end;

{ Lehmer's generator in 32 bits, by Schrage's method. }
function chance(n: integer): integer;
begin
  seed := 16807 * (seed mod 127773) - 2836 * (seed div 127773);
  if seed <= 0 then
    seed := seed + 2147483647;
  chance := seed mod n
end;

function inside(x, y: integer): boolean;
begin
  inside := (x >= 1) and (x <= width) and (y >= 1) and (y <= height)
end;

function opposite(d: direction): direction;
begin
  case d of
    north: opposite := south;
    east: opposite := west;
    south: opposite := north;
    west: opposite := east
  end
end;

{ Digs on from a cell in random directions until all around is dug. }
procedure dig(x, y: integer);
var
  order: array [0..3] of direction;
  d, t: direction;
  i, j, nx, ny: integer;
begin
  room[x, y].seen := true;
  for d := north to west do
    order[ord(d)] := d;
  for i := 3 downto 1 do begin
    j := chance(i + 1);
    t := order[i];
    order[i] := order[j];
    order[j] := t
  end;
  for i := 0 to 3 do begin
    d := order[i];
    nx := x + dx[d];
    ny := y + dy[d];
    if inside(nx, ny) then
      if not room[nx, ny].seen then begin
        room[x, y].open := room[x, y].open + [d];
        room[nx, ny].open := room[nx, ny].open + [opposite(d)];
        dig(nx, ny)
      end
  end
end;

{ Walks to the far corner; true when this cell lies on the way. }
function walk(x, y: integer; from: direction): boolean;
var
  d: direction;
  found: boolean;
begin
  found := (x = width) and (y = height);
  for d := north to west do
    if not found and (d in room[x, y].open) and (d <> from) then
      found := walk(x + dx[d], y + dy[d], opposite(d));
  if found then
    steps := steps + 1;
  room[x, y].onpath := found;
  walk := found
end;

procedure show;
var
  x, y: integer;
begin
  for x := 1 to width do
    write('+--');
  writeln('+');
  for y := 1 to height do begin
    if y = 1 then
      write(' ')
    else
      write('|');
    for x := 1 to width do begin
      if room[x, y].onpath then
        write('()')
      else
        write('  ');
      if (east in room[x, y].open) or ((x = width) and (y = height)) then
        write(' ')
      else
        write('|')
    end;
    writeln;
    for x := 1 to width do
      if south in room[x, y].open then
        write('+  ')
      else
        write('+--');
    writeln('+')
  end
end;

procedure prepare;
var
  x, y: integer;
begin
  dx[north] := 0; dy[north] := -1;
  dx[east] := 1; dy[east] := 0;
  dx[south] := 0; dy[south] := 1;
  dx[west] := -1; dy[west] := 0;
  for x := 1 to width do
    for y := 1 to height do
      with room[x, y] do begin
        open := [];
        seen := false;
        onpath := false
      end
end;

begin
  width := argument(1, 25, maxw);
  height := argument(2, 10, maxh);
  seed := argument(3, 1, maxint);
  prepare;
  dig(1, 1);
  steps := 0;
  if walk(1, 1, west) then begin
    show;
    writeln('The way has ', steps, ' cells.')
  end
end.
