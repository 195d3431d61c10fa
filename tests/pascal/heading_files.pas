{ Files in the program's heading are those of the arguments; the one that is not declared is a text file, too, and
its first use opens it. }
{ args: tests/pascal/conditional.inc tests/pascal/conditional.inc }
{ fpc: no }
(* expect:
FALSE {
*)
program heading_files(input, one, output, two);
var
  one: text;
begin
  reset(one);
  write(eof(one));
  writeln(' ', two^)
end.
