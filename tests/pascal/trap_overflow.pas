program trap;
{ expect: before }
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 215 }
{ fpc: no }
{ stderr: 215 }
{ stderr: trap_overflow.pas }
var
  i: integer;
begin
  writeln('before');
  i := maxint; i := i + 1;
  writeln('after')
end.
