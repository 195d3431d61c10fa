program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 201 }
{ stderr: 201 }
{ stderr: trap_subrange.pas }
var
  s: 1..10; i: integer;
begin
  writeln('before');
  i := 11; s := i;
  writeln('after')
end.
