program const_condition;
{ expect:
1 0 1
}
{ A condition known beforehand, with an address waiting on the operand stack. }
var a: array [1..3] of word; i: integer; s: string;
begin
  i := 1; s := 'b';
  a[i] := ord((ord(5 > 3) = 1) and (s > 'a'));
  a[i + 1] := ord((3 > 5) and (s > 'a'));
  a[i + 2] := ord((5 > 3) or (s > 'a'));
  writeln(a[1], ' ', a[2], ' ', a[3])
end.
