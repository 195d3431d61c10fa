program trap_conformant(output);
{ expect:
1
}
{ status: 201 }
{ stderr: at get (tests/pascal/trap_conformant.pas:12) }
{ fpc: no }
{ An index outside the bounds that an array came with. }
var a: array [-3..2] of integer;
function get(var x: array [lo..hi: integer] of integer; k: integer): integer;
begin
  get := x[k]
end;
begin
  a[2] := 1;
  writeln(get(a, 2));
  writeln(get(a, 3))
end.
