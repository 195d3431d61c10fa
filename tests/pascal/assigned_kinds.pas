(* expect:
FALSEFALSEFALSE
TRUETRUEFALSEFALSE
g called
g called
g called
*)
{$mode objfpc}
type tf = procedure; tc = class f: tf; procedure m; end;
procedure tc.m; begin writeln('m') end;
procedure g; begin writeln('g called') end;
var o: tc; p: tf; a: array of integer; q: ^integer;
begin
  writeln(assigned(o), assigned(p), assigned(q));
  o := tc.create; p := @g;
  writeln(assigned(o), assigned(p), assigned(o.f), assigned(pointer(a)));
  o.f := @g;
  if assigned(o.f) then o.f();
  o.f; p;
  o.free;
end.
