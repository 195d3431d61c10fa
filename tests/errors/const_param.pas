{ error: 5:3: 's' is a const parameter and cannot be changed }
program const_param;
procedure p(const s: string);
begin
  s := 'x'
end;
begin
  writeln
end.
