program arguments;
{ expect:
3
one
-x
--stats
}
{ args: one -x --stats }
var
  i: integer;
begin
  writeln(paramcount);
  for i := 1 to paramcount do
    writeln(paramstr(i))
end.
