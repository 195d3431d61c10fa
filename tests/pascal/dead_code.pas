program dead_code;
{ expect:
1
2
}
{ Code that nothing reaches, with labels inside its expressions. }
var p, q: boolean; i: integer; a: array [1..3] of boolean;
procedure leave;
begin
  writeln(1);
  exit;
  a[i] := p xor (q or (i > 2) and p);
  if p xor ((q or (i < i)) and (p or q)) then writeln(3)
end;
begin
  i := 1;
  leave;
  if 5 < 3 then
    a[i] := (p or q) xor (q and (i > 2));
  while 5 < 3 do begin
    a[i] := (p or q) xor (q and (i > 2));
    if a[i] then break
  end;
  writeln(2)
end.
