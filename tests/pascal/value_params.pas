program value_params;
{ expect:
1010
16str!5global
30 100
}
type v = array [1..4] of integer; r = record a: v; s: string[8] end;
var x: v; y: r; i: integer; g: string;
function sum(a: v): integer; var i, s: integer; begin s := 0; for i := 1 to 4 do begin s := s + a[i]; a[i] := 0 end; sum := s end;
procedure change(z: r; var w: r; n: integer; s: string); begin z.a[1] := 99; w.s := z.s + '!'; n := 0; s[1] := '?'; w.a[2] := length(s) end;
function make(n: integer): v; var i: integer; t: v; begin for i := 1 to 4 do t[i] := n * i; make := t end;
begin
  for i := 1 to 4 do x[i] := i;
  writeln(sum(x), sum(x)); y.a := x; y.s := 'str'; i := 5; g := 'global';
  change(y, y, i, g); writeln(y.a[1], y.a[2], y.s, i, g);
  x := make(3); writeln(sum(x), ' ', sum(make(10)))
end.
