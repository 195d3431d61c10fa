program adventure;
{ A little text adventure.  Commands: north, south, east, west (or n s e w), look, take THING, drop THING,
  inventory (i), use THING, quit. }
type
  place = (cellar, hall, study, garden, well, tower, nowhere, hands);
  thing = (lamp, key, rope, book, crown);
  direction = (north, south, east, west);
  word = string[20];
  room = record
    name: string[40];
    text: string[120];
    exits: array [direction] of place
  end;
var
  rooms: array [cellar..tower] of room;
  at: array [thing] of place;
  here: place;
  lit, unlocked, roped, over: boolean;
  turns: integer;

procedure describe(p: place; name, text: string);
var
  d: direction;
begin
  rooms[p].name := name;
  rooms[p].text := text;
  for d := north to west do
    rooms[p].exits[d] := nowhere
end;

procedure connect(a: place; d: direction; b: place);
begin
  rooms[a].exits[d] := b;
  case d of
    north: rooms[b].exits[south] := a;
    south: rooms[b].exits[north] := a;
    east: rooms[b].exits[west] := a;
    west: rooms[b].exits[east] := a
  end
end;

procedure name_of(t: thing; var s: word);
begin
  case t of
    lamp: s := 'lamp';
    key: s := 'key';
    rope: s := 'rope';
    book: s := 'book';
    crown: s := 'crown'
  end
end;

procedure start;
begin
  describe(cellar, 'Cellar', 'Barrels, long empty. Stone steps lead north.');
  describe(hall, 'Great hall', 'Dust lies on a table for forty. Doors lead east and west, steps south.');
  describe(study, 'Study', 'Shelves up to the ceiling, most of them bare.');
  describe(garden, 'Garden', 'Nettles and roses. A path leads north to a tower, another west to a well.');
  describe(well, 'At the well', 'It is deep. Something glitters down there.');
  describe(tower, 'Tower room', 'The king looks at you from a painting. He wears no crown.');
  connect(cellar, north, hall);
  connect(hall, west, study);
  connect(hall, east, garden);
  connect(garden, south, well);
  connect(garden, north, tower);
  at[lamp] := cellar;
  at[key] := study;
  at[rope] := tower;
  at[book] := study;
  at[crown] := nowhere;
  here := cellar;
  lit := false;
  unlocked := false;
  roped := false;
  over := false;
  turns := 0
end;

procedure look;
var
  t: thing;
  s: word;
begin
  writeln('-- ', rooms[here].name, ' --');
  if (here = cellar) and not lit then
    writeln('It is too dark to see much. Your foot hits a lamp.')
  else
    writeln(rooms[here].text);
  for t := lamp to crown do
    if (at[t] = here) and ((here <> cellar) or lit) then begin
      name_of(t, s);
      writeln('There is a ', s, ' here.')
    end
end;

procedure go(d: direction);
var
  target: place;
begin
  target := rooms[here].exits[d];
  if target = nowhere then
    writeln('There is no way.')
  else if (target = tower) and not unlocked then
    writeln('The door of the tower is locked.')
  else begin
    here := target;
    look
  end
end;

function find(s: word; var t: thing): boolean;
var
  k: thing;
  name: word;
  found: boolean;
begin
  found := false;
  for k := lamp to crown do begin
    name_of(k, name);
    if name = s then begin
      t := k;
      found := true
    end
  end;
  if not found then
    writeln('I know no ', s, '.');
  find := found
end;

procedure take(s: word);
var
  t: thing;
begin
  if find(s, t) then
    if at[t] = hands then
      writeln('You have it.')
    else if at[t] <> here then
      writeln('It is not here.')
    else begin
      at[t] := hands;
      writeln('Taken.');
      if t = crown then begin
        writeln('The crown of the lost king is yours!');
        over := true
      end
    end
end;

procedure drop(s: word);
var
  t: thing;
begin
  if find(s, t) then
    if at[t] <> hands then
      writeln('You do not have it.')
    else begin
      at[t] := here;
      writeln('Dropped.')
    end
end;

procedure use(s: word);
var
  t: thing;
begin
  if find(s, t) then
    if at[t] <> hands then
      writeln('You do not have it.')
    else
      case t of
        lamp: begin
          lit := true;
          writeln('The lamp burns.')
        end;
        key:
          if here = garden then begin
            unlocked := true;
            writeln('The door of the tower opens.')
          end else
            writeln('Nothing to unlock here.');
        rope:
          if here <> well then
            writeln('You swing it about. Nothing happens.')
          else if not roped then begin
            roped := true;
            at[crown] := well;
            writeln('You climb down and bring up what glittered.')
          end else
            writeln('There is nothing more down there.');
        book: writeln('It says: "What the king lost, water keeps."');
        crown: writeln('It suits you.')
      end
end;

procedure inventory;
var
  t: thing;
  s: word;
  n: integer;
begin
  n := 0;
  for t := lamp to crown do
    if at[t] = hands then begin
      name_of(t, s);
      writeln('  ', s);
      n := n + 1
    end;
  if n = 0 then
    writeln('You carry nothing.')
end;

{ Splits a line into a verb and the rest. }
procedure split(line: string; var verb, rest: word);
var
  blank: integer;
begin
  blank := pos(' ', line);
  if blank = 0 then begin
    verb := line;
    rest := ''
  end else begin
    verb := copy(line, 1, blank - 1);
    rest := copy(line, blank + 1, 20)
  end
end;

procedure obey(line: string);
var
  verb, rest: word;
begin
  split(line, verb, rest);
  turns := turns + 1;
  if (verb = 'n') or (verb = 'north') then
    go(north)
  else if (verb = 's') or (verb = 'south') then
    go(south)
  else if (verb = 'e') or (verb = 'east') then
    go(east)
  else if (verb = 'w') or (verb = 'west') then
    go(west)
  else if verb = 'look' then
    look
  else if verb = 'take' then
    take(rest)
  else if verb = 'drop' then
    drop(rest)
  else if verb = 'use' then
    use(rest)
  else if (verb = 'i') or (verb = 'inventory') then
    inventory
  else if verb = 'quit' then
    over := true
  else
    writeln('I do not know how to ', verb, '.')
end;

procedure play;
var
  line: string;
begin
  look;
  while not over and not eof do begin
    readln(line);
    writeln;
    writeln('> ', line);
    if line <> '' then
      obey(line)
  end;
  writeln;
  writeln('You played ', turns, ' turns.')
end;

begin
  start;
  play
end.
