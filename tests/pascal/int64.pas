program wide;
{ expect:
2880067194370816120
2432902008176640000 2432901991 146326063
-2432902008176640000 -2432901991 -146326063 TRUE
4000000000 8000000000 TRUE TRUE
  1000000000     4000000000|-2432902008176640000
9223372036854775807 -9223372036854775807
281474976710656 4611686018427387904 TRUE
1431655765.3333 1000000000000000 TRUE
}
{ 64-bit integers: mixed with 32-bit ones, products, division, conversion, formatting. }
var
  a, b: int64;
  i: integer;

function fib(n: integer): int64;
var
  x, y, z: int64;
  k: integer;
begin
  x := 0;
  y := 1;
  for k := 1 to n do begin
    z := x + y;
    x := y;
    y := z
  end;
  fib := x
end;

begin
  writeln(fib(90));
  a := 1;
  for i := 1 to 20 do
    a := a * i;
  writeln(a, ' ', a div 1000000007, ' ', a mod 1000000007);
  b := -a;
  writeln(b, ' ', b div 1000000007, ' ', b mod 1000000007, ' ', abs(b) = a);
  i := 2000000000;
  a := i;
  a := a + a;
  writeln(a, ' ', a * 2, ' ', a > i, ' ', a div 4 = 1000000000);
  i := a div 4;
  writeln(i:12, a:15, '|', b:3);
  writeln(9223372036854775807, ' ', -9223372036854775807);
  a := 4294967296;
  writeln(a * 65536, ' ', sqr(a div 2), ' ', odd(a + 1));
  writeln(a / 3:0:4, ' ', trunc(1e15), ' ', round(123456789012.5) > 123456789011)
end.
