unit UA;
interface
uses ub in 'ub.pas';
const size = 3;
type vec = array[1..size] of integer;
     color = (red, green, blue);
var total: integer;
procedure add(var v: vec; n: integer);
function sum(const v: vec): integer;
function name(c: color): string;
implementation
var calls: integer = 10;
procedure helper; begin inc(calls) end;
procedure add(var v: vec; n: integer);
var i: integer;
begin helper; for i := 1 to size do v[i] := v[i] + n; total := total + n end;
function sum(const v: vec): integer;
var i, t: integer;
begin t := 0; for i := 1 to size do t := t + v[i]; sum := t + twice(calls) * 1000 end;
function name(c: color): string; begin case c of red: name := 'red' else name := 'other' end end;
initialization
  writeln('init ua ', calls); total := 5
finalization
  writeln('final ua ', total)
end.
