program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 201 }
{ stderr: 201 }
{ stderr: trap_bounds.pas }
var
  a: array [1..10] of integer; i: integer;
begin
  writeln('before');
  i := 11; a[i] := 1;
  writeln('after')
end.
