program trap;
{ The report names the routines that were active, with their lines. }
{ expect: }
{ status: 201 }
{ stderr: trap_chain.pas:14 }
{ stderr: inner }
{ stderr: outer }
{ fpc: no }
var
  a: array [1..5] of integer;

procedure inner(k: integer);
begin
  a[k] := k
end;

procedure outer(n: integer);
begin
  inner(n);
  inner(n + 1)
end;

begin
  outer(3);
  outer(5)
end.
