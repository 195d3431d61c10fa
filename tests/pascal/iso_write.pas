{ In ISO mode a field is cut to its width, integers take 11 columns, booleans 5, as Free Pascal writes there. }
{ fpc: -Miso }
{ expect:
          1| true|false|
tru|fa|ab|abc  |  true|
 1.5000000000000000e+000| 1.50e+000|1.50|
         -7|  x|
}
program iso_write(output);
{$mode iso}
var
  b: boolean;
  i: integer;
  r: real;
  c: char;
begin
  b := true;
  i := 1;
  r := 1.5;
  c := 'x';
  writeln(i, '|', b, '|', not b, '|');
  writeln(b:3, '|', false:2, '|', 'abc':2, '|', 'abc  ':5, '|', true:6, '|');
  writeln(r, '|', r:10, '|', r:1:2, '|');
  writeln(-7, '|', c:3, '|')
end.
