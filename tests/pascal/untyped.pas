program untyped(output);
{ expect:
7
}
{ Parameters without a type. }
var a, b: array [1..4] of integer;
procedure z(var x; const y; n: integer); begin move(y, x, n) end;
procedure w(var x); begin z(x, b, 16) end;
begin b[3] := 7; w(a); writeln(a[3]) end.
