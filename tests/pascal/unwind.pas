program unwind(output);
{ expect:
round 1
round 2
round 3
49 is the square of 7
50 is the square of -1
end
}
{ Goto out of procedures, through several activations, and back into a loop. }
{ fpc: -Miso }
label
  1, 2;
var
  round: integer;

procedure dive(n: integer);
begin
  if n = 0 then
    goto 1;
  dive(n - 1);
  writeln('never here')
end;

procedure search(n: integer);
label
  9;
var
  found: integer;

  procedure look(k: integer);
  begin
    if k * k = n then begin
      found := k;
      goto 9
    end;
    if k > n then begin
      found := -1;
      goto 9
    end;
    look(k + 1)
  end;

begin
  found := 0;
  look(0);
  writeln('never here either');
9:
  writeln(n:1, ' is the square of ', found:1)
end;

begin
  round := 0;
1:
  round := round + 1;
  writeln('round ', round:1);
  if round < 3 then
    dive(5 * round);
  search(49);
  search(50);
  if round = 3 then
    goto 2;
  writeln('never here at last');
2:
  writeln('end')
end.
