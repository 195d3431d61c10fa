{ A literal that is longer than the array of characters it goes to: the rest is cut off, and a warning says so. }
{ stderr: tests/pascal/literal_cut.pas:9:8: warning: only the first 3 of these 5 characters fit }
{ modes: interp,eval,jit,hot }
{ fpc: -Mtp }
{ expect: abc }
program literal_cut(output);
var a: packed array [1..3] of char;
begin
  a := 'abcde  ';
  writeln(a)
end.
