program chars;
{ expect:
abcdefghijklmnopqrstuvwxyz
ZYXWVTSRQPNMLKJHGFDCB
65 a b y TRUE ' 39
1234
TRUE FALSE FALSE TRUE TRUE 1 TRUE    TRUE  x
TRUE TRUE TRUE
    x|x|AB|it's
}
{ Characters and booleans. }
var
  c: char;
  b: boolean;
  n: integer;
  count: array ['a'..'e'] of integer;
begin
  for c := 'a' to 'z' do
    write(c);
  writeln;
  for c := 'Z' downto 'A' do
    if not (c in ['A', 'E', 'I', 'O', 'U']) then
      write(c);
  writeln;
  writeln(ord('A'), ' ', chr(97), ' ', succ('a'), ' ', pred('z'), ' ', 'a' < 'b', ' ', '''', ' ', ord(''''));
  for c := 'a' to 'e' do
    count[c] := ord(c) - ord('a');
  n := 0;
  for c := 'a' to 'e' do
    n := n * 10 + count[c];
  writeln(n);
  b := true;
  writeln(b, ' ', not b, ' ', b and false, ' ', b or false, ' ', false < true, ' ', ord(b), ' ', succ(false), b:8, 'x':3);
  writeln((1 < 2) = (2 < 3), ' ', (1 < 2) <> (3 < 2), ' ', b >= false);
  c := 'x';
  writeln(c:5, '|', c:1, '|', #65#66, '|', 'it''s')
end.
