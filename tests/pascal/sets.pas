program sets;
{ expect:
TRUE FALSE TRUE TRUE TRUE TRUE TRUE
TRUE TRUE TRUE FALSE
[13459] [0123459] [34] [19] [02678] [23489] [] 
22
37 TRUE FALSE
fghijk
[13579] 
}
{ Sets: of subranges, enumerations and characters; every operator; as parameters and in records. }
type
  colour = (red, green, blue, white);
  palette = set of colour;
  digits = set of 0..9;
  letters = set of char;
var
  p, q: palette;
  d: digits;
  l: letters;
  r: record
    s: digits;
    n: integer
  end;
  i, j: 0..99;
  c: char;

procedure show(s: digits);
var
  i: integer;
begin
  write('[');
  for i := 0 to 9 do
    if i in s then
      write(i);
  write('] ')
end;

function size(var s: letters): integer;
var
  c: char;
  n: integer;
begin
  n := 0;
  for c := chr(0) to chr(255) do
    if c in s then
      n := n + 1;
  size := n
end;

begin
  p := [red, blue];
  q := [];
  writeln(red in p, ' ', green in p, ' ', q = [], ' ', q <= p, ' ', p >= [blue], ' ', p = [blue, red], ' ', p <> q);
  q := p + [white];
  writeln(q - p = [white], ' ', q * p = p, ' ', p <= q, ' ', q <= p);
  d := [1, 3..5, 9];
  show(d);
  show(d + [0, 1, 2]);
  show(d * [2..4]);
  show(d - [3..8]);
  show([0..9] - d);
  i := 2;
  j := 8;
  show([i, i..4, j..9]);
  show([5..i]);
  writeln;
  r.s := d;
  r.n := 0;
  for i := 0 to 9 do
    if i in r.s then
      r.n := r.n + i;
  writeln(r.n);
  l := ['a'..'z', '0'..'9', '_'];
  writeln(size(l), ' ', '_' in l, ' ', 'A' in l);
  c := 'a';
  l := l - ['a'..'e'];
  for c := 'a' to 'k' do
    if c in l then
      write(c);
  writeln;
  d := [];
  for i := 9 downto 0 do
    if odd(i) then
      d := d + [i];
  show(d);
  writeln
end.
