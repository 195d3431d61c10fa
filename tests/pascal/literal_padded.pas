{ A literal that is shorter than the array of characters it goes to: chr(0) fills the rest, as in Free Pascal. }
{ expect:
  97  98   0   0   0
 120   0   0   0   0
   0   0   0   0   0
  99 100 101 102 103
  65   0   0   0   0
FALSE TRUE
}
program literal_padded(output);
type
  alfa = packed array [1..5] of char;
const
  c: alfa = 'x';
  words: array [1..2] of alfa = ('', 'A');
var
  x, y: alfa;

procedure show(a: alfa);
var i: integer;
begin
  for i := 1 to 5 do
    write(ord(a[i]):4);
  writeln
end;

begin
  x := 'ab';
  show(x);
  show(c);
  show(words[1]);
  show('cdefg');
  show('A');
  y := 'ab';
  writeln(x = 'ab   ', ' ', x = y)
end.
