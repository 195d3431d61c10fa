program units_lib;
uses sysutils, math;
{ expect:
42ABC[x  y]00FF12-2***
-2 -1 1024.000  1.41421  3.00  2.35619 5.0 -1
abc TRUE
}
{ fpc: no }
{ The library's units. }
begin
  writeln(inttostr(42), uppercase('abc'), '[', trim('  x  y '), ']', inttohex(255, 4), strtoint(' 12 '), comparetext('Abc', 'aBD') - 1, stringofchar('*', 3));
  writeln(floor(-1.5), ' ', ceil(-1.5), power(2, 10):9:3, power(2, 0.5):9:5, log10(1000):6:2, arctan2(1, -1):9:5, hypot(3, 4):4:1, ' ', sign(-2));
  writeln(sysutils.lowercase('ABC'), ' ', sametext('x', 'X'))
end.
