{ Enumerations are written by their names, as they are spelt where they are declared.  (Free Pascal 3.2 cannot
compile the reading of one here.) }
{ fpc: no }
{ input:
   SATURDAY sunday
  wed
}
{ expect:
Monday,  Tuesday,Wed
Saturday Sunday
Wed last=Sunday
Monday Tuesday Wed Thursday Friday Saturday Sunday
}
program enum_names(input, output);
type
  day = (Monday, Tuesday, Wed, Thursday, Friday, Saturday, Sunday);
var
  d: day;
  week: array [day] of day;
  weekend: Saturday..Sunday;

procedure local;
type c = (One, Two);
var x: c;
begin
  x := Two;
  if ord(x) <> 1 then writeln(x)
end;

begin
  writeln(Monday, ',', Tuesday:9, ',', succ(tuesday));
  read(weekend);
  write(weekend);
  read(week[monday]);
  writeln(' ', week[Monday]);
  readln(d);
  writeln(d, ' last=', high(day));
  for d := Monday to Sunday do begin
    if d > Monday then write(' ');
    write(d)
  end;
  writeln;
  local
end.
