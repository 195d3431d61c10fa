program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 201 }
{ stderr: 201 }
{ stderr: trap_chrange.pas }
var
  i: integer; c: char;
begin
  writeln('before');
  i := 256; c := chr(i);
  writeln('after')
end.
