{ error: 6:45: there is no unit 'third' }
{ error: 9:3: unknown name 'hidden' }
{ error: 11:3: unknown name 'good.other' }
{ error: 12:12: this value is of type boolean, not integer }
program units;
uses good in 'unit/good.pas', good, system, third;
begin
  shown := 1;
  hidden := 1;
  good.shown := 2;
  good.other := 3;
  shown := true
end.
