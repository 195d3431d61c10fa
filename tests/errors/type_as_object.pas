{ error: 10:3: 'm' needs an object, not a class }
{ error: 11:3: 'f' needs an object, not a class }
program type_as_object;
type
  r = record f: integer; procedure m; end;
procedure r.m;
begin
end;
begin
  r.m;
  r.f := 1
end.
