program strings;
{ Turbo's strings: built, joined, searched, cut, compared, sorted. }
const
  n = 2000;
  rounds = 300;
type
  word = string[31];
var
  w: array [1..n] of word;
  seed, i, round, hits, total: integer;
  line, part: string;

function next(m: integer): integer;
begin
  seed := 16807 * (seed mod 127773) - 2836 * (seed div 127773);
  if seed <= 0 then
    seed := seed + 2147483647;
  next := seed mod m
end;

procedure make(var s: word);
var
  i: integer;
begin
  s := '';
  for i := 1 to 3 + next(12) do
    s := s + chr(ord('a') + next(8))
end;

procedure reverse(var s: word);
var
  i, j: integer;
  c: char;
begin
  i := 1;
  j := length(s);
  while i < j do begin
    c := s[i];
    s[i] := s[j];
    s[j] := c;
    i := i + 1;
    j := j - 1
  end
end;

procedure shellsort;
var
  gap, i, j: integer;
  found: boolean;
  t: word;
begin
  gap := n div 2;
  while gap > 0 do begin
    for i := gap + 1 to n do begin
      t := w[i];
      j := i - gap;
      found := false;
      while (j > 0) and not found do
        if t < w[j] then begin
          w[j + gap] := w[j];
          j := j - gap
        end else
          found := true;
      w[j + gap] := t
    end;
    gap := gap div 2
  end
end;

begin
  seed := 7;
  hits := 0;
  total := 0;
  for round := 1 to rounds do begin
    for i := 1 to n do
      make(w[i]);
    shellsort;
    line := '';
    for i := 1 to n do begin
      reverse(w[i]);
      if length(line) + length(w[i]) > 200 then begin
        if pos('cab', line) > 0 then
          hits := hits + 1;
        part := copy(line, 20, 60);
        if part > line then
          hits := hits + 1;
        line := part
      end;
      line := line + w[i];
      total := total + length(line)
    end
  end;
  writeln(hits, ' ', total, ' ', w[1], ' ', w[n])
end.
