{ error: 3:11: the body of 'p' is missing }
program forward_missing;
procedure p; forward;
begin
  p
end.
