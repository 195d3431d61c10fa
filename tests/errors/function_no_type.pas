{ error: 3:10: a function needs a result type }
program function_no_type;
function f;
begin
end;
begin
  writeln
end.
