program words(input, output);
{ Counts the words of a text, and how often each occurs, in a hash table with chains. }
const
  size = 4095;
type
  word = string[23];
  link = ^entry;
  entry = record
    w: word;
    count: integer;
    next: link
  end;
var
  table: array [0..size] of link;
  total, lines, different, most: integer;
  w, best: word;
  c: char;

procedure note(var w: word);
var
  h, i: integer;
  p: link;
begin
  h := 0;
  for i := 1 to length(w) do
    h := (h * 31 + ord(w[i])) mod 1000003;
  h := h mod (size + 1);
  p := table[h];
  while p <> nil do
    if p^.w = w then begin
      p^.count := p^.count + 1;
      if (p^.count > most) or (p^.count = most) and (p^.w < best) then begin
        most := p^.count;
        best := p^.w
      end;
      p := nil;
      h := -1
    end else
      p := p^.next;
  if h >= 0 then begin
    new(p);
    p^.w := w;
    p^.count := 1;
    p^.next := table[h];
    table[h] := p;
    different := different + 1
  end
end;

begin
  for total := 0 to size do
    table[total] := nil;
  total := 0;
  lines := 0;
  different := 0;
  most := 1;
  best := '';
  w := '';
  while not eof do begin
    while not eoln do begin
      read(c);
      if c in ['a'..'z', 'A'..'Z'] then begin
        if length(w) < 23 then
          w := w + c
      end else if w <> '' then begin
        total := total + 1;
        note(w);
        w := ''
      end
    end;
    readln;
    lines := lines + 1;
    if w <> '' then begin
      total := total + 1;
      note(w);
      w := ''
    end
  end;
  writeln(lines, ' ', total, ' ', different, ' ', best, ' ', most)
end.
