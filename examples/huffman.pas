program huffman;
{ Huffman's code for the input text: the frequencies, the code of each character, the packed text in
  hexadecimal, and the text unpacked again as a proof. }
const
  maxtext = 20000;
type
  link = ^node;
  node = record
    weight, first: integer; { first: the smallest character below, which settles ties }
    leaf: boolean;
    ch: char;
    zero, one, next: link   { next: in the list of trees, lightest first }
  end;
var
  text: packed array [1..maxtext] of char;
  bits: packed array [1..160000] of boolean;
  count: array [char] of integer;
  code: array [char] of string[64];
  ntext, nbits: integer;
  forest: link;

procedure load;
var
  c: char;
begin
  ntext := 0;
  for c := chr(0) to chr(255) do
    count[c] := 0;
  while not eof and (ntext < maxtext) do begin
    if eoln then begin
      readln;
      c := chr(10)
    end else
      read(c);
    ntext := ntext + 1;
    text[ntext] := c;
    count[c] := count[c] + 1
  end
end;

function lighter(a, b: link): boolean;
begin
  lighter := (a^.weight < b^.weight) or (a^.weight = b^.weight) and (a^.first < b^.first)
end;

procedure add(var list: link; t: link);
begin
  if list = nil then begin
    t^.next := nil;
    list := t
  end else if lighter(t, list) then begin
    t^.next := list;
    list := t
  end else
    add(list^.next, t)
end;

function leaf(c: char): link;
var
  t: link;
begin
  new(t);
  t^.weight := count[c];
  t^.first := ord(c);
  t^.leaf := true;
  t^.ch := c;
  t^.zero := nil;
  t^.one := nil;
  leaf := t
end;

function join(a, b: link): link;
var
  t: link;
begin
  new(t);
  t^.weight := a^.weight + b^.weight;
  t^.first := a^.first;
  if b^.first < a^.first then
    t^.first := b^.first;
  t^.leaf := false;
  t^.zero := a;
  t^.one := b;
  join := t
end;

procedure build;
var
  c: char;
  a, b: link;
begin
  forest := nil;
  for c := chr(0) to chr(255) do
    if count[c] > 0 then
      add(forest, leaf(c));
  while forest^.next <> nil do begin
    a := forest;
    b := a^.next;
    forest := b^.next;
    add(forest, join(a, b))
  end
end;

procedure assign_codes(t: link; prefix: string);
begin
  if t^.leaf then
    code[t^.ch] := prefix
  else begin
    assign_codes(t^.zero, prefix + '0');
    assign_codes(t^.one, prefix + '1')
  end
end;

procedure table;
var
  c: char;
begin
  for c := chr(0) to chr(255) do
    if count[c] > 0 then begin
      if c = chr(10) then
        write('newline')
      else if c = ' ' then
        write('space  ')
      else
        write(c, '      ');
      writeln(count[c]:5, '  ', code[c])
    end
end;

procedure pack_text;
var
  i, k: integer;
begin
  nbits := 0;
  for i := 1 to ntext do
    for k := 1 to length(code[text[i]]) do begin
      nbits := nbits + 1;
      bits[nbits] := code[text[i]][k] = '1'
    end
end;

procedure show_packed;
const
  hex = '0123456789abcdef';
var
  i, k, v, col: integer;
begin
  i := 1;
  col := 0;
  while i <= nbits do begin
    v := 0;
    for k := i to i + 3 do
      if k > nbits then
        v := 2 * v
      else
        v := 2 * v + ord(bits[k]);
    write(hex[v + 1]);
    col := col + 1;
    if col mod 64 = 0 then
      writeln;
    i := i + 4
  end;
  if col mod 64 <> 0 then
    writeln
end;

{ Walks the tree bit by bit and compares with the text. }
function unpacks: boolean;
var
  i, n: integer;
  t: link;
  same: boolean;
begin
  n := 0;
  same := true;
  t := forest;
  for i := 1 to nbits do begin
    if bits[i] then
      t := t^.one
    else
      t := t^.zero;
    if t^.leaf then begin
      n := n + 1;
      if text[n] <> t^.ch then
        same := false;
      t := forest
    end
  end;
  unpacks := same and (n = ntext)
end;

begin
  load;
  if ntext = 0 then begin
    writeln('Nothing to pack.');
    halt(0)
  end;
  build;
  if forest^.leaf then
    assign_codes(forest, '0')
  else
    assign_codes(forest, '');
  table;
  pack_text;
  show_packed;
  writeln(ntext, ' characters became ', nbits, ' bits, ', nbits / ntext:0:3, ' a character.');
  if forest^.leaf then
    writeln('One character only: nothing to unpack.')
  else
    writeln('Unpacks to the same text: ', unpacks)
end.
