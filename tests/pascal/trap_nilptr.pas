program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 216 }
{ stderr: 216 }
{ stderr: trap_nilptr.pas }
var
  p: ^integer;
begin
  writeln('before');
  p := nil; p^ := 1;
  writeln('after')
end.
