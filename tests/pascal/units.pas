program units;
uses ub in 'unit/ub.pas', ua in 'unit/ua.pas';
{ expect:
init ua 10
init ub
22036 15 77 2
other
4 red 77 17
}
{ status: 201 }
{ stderr: at show (tests/pascal/unit/ub.pas:11) }
{ stderr: called from main (tests/pascal/units.pas:21) }
{ fpc: no }
{ Two units that use each other: order, what is in sight, qualified names, and where an error is. }
var v: vec; calls: real; c: ua.color;
begin
  calls := 1; v[1] := 1; v[2] := 2; v[3] := 3;
  add(v, 10); writeln(sum(v), ' ', total, ' ', ub.total, ' ', ord(ua.blue));
  c := green; writeln(name(c)); ua.add(v, 1);
  { the last line of show has an index that is too large }
  show
end.
