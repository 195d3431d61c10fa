program singles;
{ expect:
 1.500000000E+00
     1.500
 1.50000E+00
 1.000000015E-01
 1.0000000149011612E-001
 1.000000071E-02
 1.0000000707805157E-002
 3.3333335071802139E-002
 3.0000001192092896E-001
 5.0000000745058060E-002
 1.0000000149011612E-002
 1.100000024E+00
-1.000000015E-01
 1.000000015E-01
 1.000000071E-02
 3.162277639E-01
 1.000000015E-01
 9.999999776E-03
 3.3333334326744080E-001
4
 1.000000015E+30
 3.399998490E-40
FALSE
 3.3333335071802139E-002
 1.1000000238418579E+000
 1.0000000707805157E-002
 1.000000071E-02
0.10000000150000000000
               1.000000015E-01
 1.000000015E-01
}
{ Reals of 32 bits: what is rounded when, and how they are written. }
var x, y: single; d: double; i: integer; s: string;
procedure p(z: single); begin writeln(z) end;
function f(z: single): single; begin f := z / 3 end;
begin
  x := 1.5; writeln(x); writeln(x:10:3); writeln(x:12);
  x := 0.1; writeln(x); d := x; writeln(d); y := x*x; writeln(y); d := x*x; writeln(d);
  d := x/3; writeln(d); i := 3; d := x*i; writeln(d); d := x*0.5; writeln(d); d := x*0.1; writeln(d);
  writeln(x+1); writeln(-x); writeln(abs(x)); writeln(sqr(x)); writeln(sqrt(x));
  p(0.1); p(d); d := f(1); writeln(d); writeln(sizeof(x));
  x := 1e30; writeln(x); x := 3.4e-40; writeln(x);
  x := 0.1; writeln(x = 0.1); d := x / i; writeln(d); d := x + 1; writeln(d); d := sqr(x); writeln(d);
  writeln(single(d)); writeln(x:0:20); writeln(x:30); str(x, s); writeln(s)
end.
