program trap;
{ expect:
before
}
{ A failed check ends the program with Turbo Pascal's number; what was written before is there. }
{ status: 216 }
{ stderr: 216 }
{ stderr: at main (tests/pascal/trap_nilptr.pas:13) }
var
  p: ^integer;
begin
  writeln('before');
  p := nil; p^ := 1;
  writeln('after')
end.
