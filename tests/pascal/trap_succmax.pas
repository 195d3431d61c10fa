program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 201 }
{ stderr: 201 }
{ stderr: trap_succmax.pas }
var
  d: (a, b, c);
begin
  writeln('before');
  d := c; d := succ(d);
  writeln('after')
end.
