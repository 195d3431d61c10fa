program flow;
{ expect:
3 2 1 1 2 3 
2 4 6 8 10
-2
12 13 21 23 31 
5
5 7 97 -1
? one few few some some ? 
middle
}
{ Statements: loops of every kind, nested ifs, case, goto, break, continue, exit. }
label
  1, 99;
var
  i, j, n: integer;

function first(limit: integer): integer;
var
  i: integer;
begin
  first := -1;
  for i := 2 to limit do
    if limit mod i = 0 then begin
      first := i;
      exit
    end
end;

begin
  for i := 5 to 4 do
    writeln('never');
  for i := 3 downto 1 do
    write(i, ' ');
  n := 3;
  for i := 1 to n do begin
    n := 10; { the limit is taken once }
    write(i, ' ')
  end;
  writeln;
  i := 0;
  while i < 10 do begin
    i := i + 1;
    if odd(i) then
      continue;
    if i > 8 then
      break;
    write(i, ' ')
  end;
  writeln(i);
  repeat
    i := i - 3
  until i < 0;
  writeln(i);
  for i := 1 to 3 do
    for j := 1 to 3 do begin
      if j = i then
        continue;
      if (i = 3) and (j = 2) then
        break;
      write(i, j, ' ')
    end;
  writeln;
  i := 0;
1:
  i := i + 1;
  if i < 5 then
    goto 1;
  writeln(i);
  for i := 1 to 10 do
    if i * i > 20 then
      goto 99;
99:
  writeln(i, ' ', first(91), ' ', first(97), ' ', first(1));
  for i := 0 to 6 do
    case i of
      1: write('one ');
      2, 3: write('few ');
      4..5: write('some ');
    else
      write('? ')
    end;
  writeln;
  if n > 5 then
    if n > 20 then
      writeln('big')
    else
      writeln('middle')
  else
    writeln('small')
end.
