{ error: 3:6: there is no unit 'grpahics' }
program no_unit;
uses grpahics;
begin
  writeln
end.
