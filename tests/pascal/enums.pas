program enums;
{ expect:
34 6 1 3 TRUE
6:3 5:3 4:2 3:1 2:1 1:1 0:1 
25 16 9 4 1 0 1 4 9 16 25 
TRUE FALSE TRUE
}
{ Enumerations and subranges: order, case, arrays indexed by them, loops over them. }
type
  day = (mon, tue, wed, thu, fri, sat, sun);
  workday = mon..fri;
  small = -5..5;
var
  d: day;
  w: workday;
  s: small;
  hours: array [day] of integer;
  total: integer;

function kind(d: day): integer;
begin
  case d of
    mon, tue, wed, thu: kind := 1;
    fri: kind := 2;
    sat, sun: kind := 3
  end
end;

begin
  for d := mon to sun do
    hours[d] := 8 - kind(d);
  total := 0;
  for w := mon to fri do
    total := total + hours[w];
  writeln(total, ' ', ord(sun), ' ', ord(succ(mon)), ' ', ord(pred(fri)), ' ', mon < tue);
  for d := sun downto mon do
    write(ord(d), ':', kind(d), ' ');
  writeln;
  for s := -5 to 5 do
    write(s * s, ' ');
  writeln;
  d := fri;
  w := d;
  writeln(w = d, ' ', d in [sat, sun], ' ', w in [mon..fri])
end.
