unit ub;
interface
function twice(x: integer): integer;
procedure show;
var total: integer;
implementation
uses UA;
var calls: string;
function twice(x: integer): integer; begin twice := 2 * x end;
procedure show; var v: vec; i: integer; begin v[1] := 1; v[2] := 2; v[3] := 3; add(v, 1); writeln(v[3], ' ', name(red), ' ', total, ' ', ua.total);
  i := 5; if i > 4 then writeln(v[i]) end;
begin
  writeln('init ub'); total := 77
end.
