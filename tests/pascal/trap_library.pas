program trap_library;
{ status: 207 }
{ stderr: at deep (tests/pascal/trap_library.pas:9), in ln }
{ stderr: called from main (tests/pascal/trap_library.pas:12) }
{ An error inside the library is one of the line that called it. }
var x: real;
procedure deep(y: real);
begin
  x := ln(y)
end;
begin
  deep(-1)
end.
