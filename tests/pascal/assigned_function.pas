{ assigned asks whether a variable holds a function; it does not call it. }
{ fpc: -Mtp }
{ expect:
FALSE
TRUE
called 7
}
program assigned_function(output);
type fn = function: integer;
var f: fn;

function seven: integer;
begin
  write('called ');
  seven := 7
end;

begin
  writeln(assigned(f));
  f := seven;
  writeln(assigned(f));
  writeln(f)
end.
