program trap_sqrt;
{ expect:
 2.0000000000000000E+000
}
{ status: 207 }
{ stderr: at main (tests/pascal/trap_sqrt.pas:11) }
{ There is no square root of a negative number. }
var x: real;
begin
  x := 4; writeln(sqrt(x)); x := -x;
  writeln(sqrt(x))
end.
