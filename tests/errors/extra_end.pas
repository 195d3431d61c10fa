{ error: 7:1: this 'end' has no 'begin' }
program extra_end;
procedure p;
begin
  writeln(1)
  end
end;
begin
  p
end.
