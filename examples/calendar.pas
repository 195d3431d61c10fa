program calendar;
{ A year's calendar, three months beside each other.  Argument: the year (2024). }
const
  names = 'January  February March    April    May      June     July     August   SeptemberOctober  November December ';
var
  year, quarter, code: integer;

function leap(y: integer): boolean;
begin
  leap := (y mod 4 = 0) and (y mod 100 <> 0) or (y mod 400 = 0)
end;

function days(m, y: integer): integer;
begin
  case m of
    4, 6, 9, 11: days := 30;
    2: days := 28 + ord(leap(y));
    1, 3, 5, 7, 8, 10, 12: days := 31
  end
end;

{ Zeller's congruence: 0 is Monday. }
function weekday(d, m, y: integer): integer;
begin
  if m < 3 then begin
    m := m + 12;
    y := y - 1
  end;
  weekday := (d + 13 * (m + 1) div 5 + y + y div 4 - y div 100 + y div 400 + 5) mod 7
end;

procedure week(m, w: integer; last: boolean);
var
  d, k: integer;
begin
  for k := 0 to 6 do begin
    d := 7 * w + k + 1 - weekday(1, m, year);
    if (d >= 1) and (d <= days(m, year)) then
      write(d:2)
    else
      write('  ');
    if k < 6 then
      write(' ')
  end;
  if last then
    writeln
  else
    write('   ')
end;

procedure three(first: integer);
var
  m, w, i: integer;
begin
  for m := first to first + 2 do begin
    write('      ');
    for i := 1 to 9 do
      write(names[9 * (m - 1) + i]);
    if m < first + 2 then
      write('        ')
  end;
  writeln;
  writeln('Mo Tu We Th Fr Sa Su   Mo Tu We Th Fr Sa Su   Mo Tu We Th Fr Sa Su');
  for w := 0 to 5 do
    for m := first to first + 2 do
      week(m, w, m = first + 2)
end;

begin
  year := 2024;
  if paramcount > 0 then
    val(paramstr(1), year, code);
  if (year < 1583) or (year > 9999) then begin
    writeln('The year is from 1583 to 9999.');
    halt(2)
  end;
  writeln(year:35);
  for quarter := 0 to 3 do
    three(3 * quarter + 1)
end.
