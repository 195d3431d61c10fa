program widths;
{ expect:
[123] [-45] [x] [word] [TRUE] [2.5]
[123] [-45] [ x] [word] [TRUE] [2.5]
[123] [-45] [  x] [word] [TRUE] [2.5]
[ 123] [ -45] [   x] [word] [TRUE] [ 2.5]
[  123] [  -45] [    x] [ word] [ TRUE] [  2.5]
[   123] [   -45] [     x] [  word] [  TRUE] [   2.5]
1223334444     0  2147483647
no line end.

tab	here
}
{ Field widths of every type, computed ones, too narrow ones. }
var
  i: integer;
begin
  for i := 1 to 6 do
    writeln('[', 123:i, '] [', -45:i, '] [', 'x':i, '] [', 'word':i, '] [', true:i, '] [', 2.5:i:1, ']');
  writeln(1:1, 22:2, 333:3, 4444:2, ' ', 0:5, maxint:12);
  write('no', ' ', 'line end', '.');
  writeln;
  writeln('');
  writeln('tab', chr(9), 'here')
end.
