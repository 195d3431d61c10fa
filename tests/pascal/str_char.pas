program str_char;
{ expect:
TRUEFALSEFALSEFALSETRUETRUE
A 1 AB 2 ABC 3 ABCD 4 ABCDE 5 ABCDE 5 ABCDE 5 ABCDE 5 
FALSETRUEFALSETRUEFALSETRUE
255 bv 300
2 0
xyz
}
{ One character at a time at the end of a string, up to its limit, and comparison with the empty string. }
type
  short = string[5];
var
  s: short;
  full: string;
  i, n: integer;
  c: char;

function next: char;
begin
  n := n + 1;
  next := chr(ord('a') + n mod 26)
end;

{ The string grows that is there when the character is. }
function moved: char;
begin
  s := 'xy';
  moved := 'z'
end;

begin
  s := '';
  writeln(s = '', s <> '', s < '', s > '', s <= '', s >= '');
  for i := 1 to 8 do begin
    c := chr(64 + i);
    s := s + c;
    write(s, ' ', length(s), ' ')
  end;
  writeln;
  writeln(s = '', s <> '', s < '', s > '', s <= '', s >= '');
  full := '';
  for i := 1 to 300 do
    full := full + next;
  writeln(length(full), ' ', full[1], full[255], ' ', n);
  s := '';
  s := s + 'q';
  s := s + #0;
  writeln(length(s), ' ', ord(s[2]));
  s := 'two';
  s := s + moved;
  writeln(s)
end.
