program chars_arrays;
{ expect:
abcdef abcdezTRUEFALSETRUEFALSE
aabbccddeefz    abcdef|abcdef|
}
type name = packed array [1..6] of char;
var a, b: name; i: integer; t: array [1..2] of name;
begin
  a := 'abcdef'; b := a; b[6] := 'z';
  writeln(a, ' ', b, a < b, a = b, a >= 'abcdee', a <> 'abcdef');
  t[1] := b; t[2] := a;
  for i := 1 to 6 do write(t[2][i], t[1, i]);
  writeln(a:10, '|', a:3, '|')
end.
