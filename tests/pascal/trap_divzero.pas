program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 200 }
{ stderr: 200 }
{ stderr: trap_divzero.pas }
var
  i, j: integer;
begin
  writeln('before');
  i := 0; j := 5 div i;
  writeln('after')
end.
