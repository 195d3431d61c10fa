program goto_local;
{ expect:
3
end 7
}
{ fpc: -Mtp }
label 1, 2, 9;
var i: integer;
begin
  i := 0;
1: i := i + 1;
  if i < 3 then goto 1;
  if i = 3 then goto 2;
  writeln('never');
2: writeln(i);
  while true do begin i := i + 1; if i > 6 then goto 9 end;
9: writeln('end ', i)
end.
