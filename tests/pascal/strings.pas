program strings;
{ expect:
Hello, world 12 0 Hd
Hello, world!|   Hello, world!|Hello|  |
TRUE TRUE TRUE TRUE TRUE TRUE
a longer s 10
Short ShortShort abababab xx
Hello|world!||8 0 5
aef
a123ef a123ef-Short. Q5
42|   -7|
    3.14
123 0
3
25.00 0
one two onetwo 
jihgfedcba
255
}
{ Turbo's strings: assignment, length, index, comparison, concatenation and the string routines. }
type
  name = string[10];
var
  s, t: string;
  n: name;
  c: char;
  i, code: integer;
  x: real;
  words: array [1..3] of string[20];

function twice(s: string): string;
begin
  twice := s + s
end;

procedure add(var s: string; c: char);
begin
  s := s + c
end;

begin
  s := 'Hello';
  t := s + ', ' + 'world';
  writeln(t, ' ', length(t), ' ', length(''), ' ', t[1], t[length(t)]);
  c := '!';
  add(t, c);
  writeln(t, '|', t:16, '|', s:3, '|', '':2, '|');
  writeln(s = 'Hello', ' ', s < 'Help', ' ', 'abc' < 'abcd', ' ', s > '', ' ', s <> t, ' ', 'b' > s);
  n := 'a longer string than fits';
  writeln(n, ' ', length(n));
  n := 'short';
  n[1] := 'S';
  writeln(n, ' ', twice(n), ' ', twice(twice('ab')), ' ', twice('x'));
  writeln(copy(t, 1, 5), '|', copy(t, 8, 100), '|', copy(t, 50, 3), '|', pos('wor', t), ' ', pos('xyz', t), ' ', pos('o', t));
  s := 'abcdef';
  delete(s, 2, 3);
  writeln(s);
  insert('123', s, 2);
  writeln(s, ' ', concat(s, '-', n, '.'), ' ', upcase('q'), upcase('5'));
  str(42, s);
  str(-7:5, t);
  writeln(s, '|', t, '|');
  str(3.14159:8:2, s);
  writeln(s);
  val('123', i, code);
  writeln(i, ' ', code);
  val('12x4', i, code);
  writeln(code);
  val('2.5e1', x, code);
  writeln(x:0:2, ' ', code);
  words[1] := 'one';
  words[2] := 'two';
  words[3] := words[1] + words[2];
  for i := 1 to 3 do
    write(words[i], ' ');
  writeln;
  s := '';
  for c := 'a' to 'j' do
    s := c + s;
  writeln(s);
  t := 'x';
  for i := 1 to 8 do
    t := t + t;
  writeln(length(t))
end.
