program trap_reals;
{ expect:
 1.0000000000000000E+308
}
{ status: 205 }
{ stderr: at main (tests/pascal/trap_reals.pas:11) }
{ A real that becomes too large stops the program where that happens, as Free Pascal does. }
var x, y: real;
begin
  x := 1e308; writeln(x);
  y := x * 10;
  writeln(y)
end.
