program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 215 }
{ stderr: 215 }
{ stderr: trap_wideover.pas }
var
  i: int64;
begin
  writeln('before');
  i := 9223372036854775807; i := i + 1;
  writeln('after')
end.
