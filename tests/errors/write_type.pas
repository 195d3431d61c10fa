{ error: 5:11: 'writeln' does not take a value of type array of integer }
program write_type;
var a: array [1..3] of integer;
begin
  writeln(a)
end.
