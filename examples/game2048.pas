program game2048;
{ The game 2048.  Commands on the input: w a s d push the tiles up, left, down, right; q ends.
  Argument: the seed of the new tiles (42). }
const
  n = 4;
type
  index = 1..n;
  lane = array [1..n] of integer;
var
  board: array [index, index] of integer;
  score, seed, moves, code: integer;
  c: char;
  over: boolean;

function chance(k: integer): integer;
begin
  seed := 16807 * (seed mod 127773) - 2836 * (seed div 127773);
  if seed <= 0 then
    seed := seed + 2147483647;
  chance := seed div 8 mod k
end;

function empty: integer;
var
  r, c: index;
  k: integer;
begin
  k := 0;
  for r := 1 to n do
    for c := 1 to n do
      k := k + ord(board[r, c] = 0);
  empty := k
end;

{ A new tile on one of the empty fields: mostly a 2, sometimes a 4. }
procedure place;
var
  r, c: index;
  k: integer;
begin
  k := chance(empty);
  for r := 1 to n do
    for c := 1 to n do
      if board[r, c] = 0 then begin
        if k = 0 then
          if chance(10) = 0 then
            board[r, c] := 4
          else
            board[r, c] := 2;
        k := k - 1
      end
end;

{ Pushes a lane towards its first field; two equal neighbours melt once.  True if anything moved. }
function push(var l: lane): boolean;
var
  out: lane;
  i, k: integer;
  melted: boolean;
begin
  for i := 1 to n do
    out[i] := 0;
  k := 0;
  melted := true;
  for i := 1 to n do
    if l[i] <> 0 then
      if (k > 0) and not melted and (out[k] = l[i]) then begin
        out[k] := 2 * out[k];
        score := score + out[k];
        melted := true
      end else begin
        k := k + 1;
        out[k] := l[i];
        melted := false
      end;
  push := false;
  for i := 1 to n do
    if l[i] <> out[i] then
      push := true;
  l := out
end;

{ The field that is the k-th of lane i in the direction of the command. }
procedure field(cmd: char; i, k: integer; var r, c: integer);
begin
  case cmd of
    'w': begin r := k; c := i end;
    's': begin r := n + 1 - k; c := i end;
    'a': begin r := i; c := k end;
    'd': begin r := i; c := n + 1 - k end
  end
end;

function move(cmd: char): boolean;
var
  l: lane;
  i, k, r, c: integer;
  any: boolean;
begin
  any := false;
  for i := 1 to n do begin
    for k := 1 to n do begin
      field(cmd, i, k, r, c);
      l[k] := board[r, c]
    end;
    if push(l) then
      any := true;
    for k := 1 to n do begin
      field(cmd, i, k, r, c);
      board[r, c] := l[k]
    end
  end;
  move := any
end;

function stuck: boolean;
var
  r, c: integer;
begin
  stuck := empty = 0;
  for r := 1 to n do
    for c := 1 to n do begin
      if r < n then
        if board[r, c] = board[r + 1, c] then
          stuck := false;
      if c < n then
        if board[r, c] = board[r, c + 1] then
          stuck := false
    end
end;

procedure show;
var
  r, c: index;
begin
  for r := 1 to n do begin
    for c := 1 to n do
      if board[r, c] = 0 then
        write('.':6)
      else
        write(board[r, c]:6);
    writeln
  end;
  writeln('score ', score)
end;

begin
  seed := 42;
  if paramcount > 0 then
    val(paramstr(1), seed, code);
  score := 0;
  moves := 0;
  place;
  place;
  over := false;
  while not over and not eof do
    if eoln then
      readln
    else begin
      read(c);
      if c in ['w', 'a', 's', 'd'] then begin
        if move(c) then begin
          place;
          moves := moves + 1
        end;
        over := stuck
      end else if c = 'q' then
        over := true
      else if c = 'p' then
        show
    end;
  show;
  if stuck then
    write('No move is left. ');
  writeln(moves, ' moves.')
end.
