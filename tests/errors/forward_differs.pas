{ error: 4:11: this heading differs from that of the forward declaration }
program forward_differs;
procedure p(a: integer); forward;
procedure p(a: char);
begin
end;
begin
  p(1)
end.
