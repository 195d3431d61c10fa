program halting;
{ expect:
before
}
{ halt ends at once, with its status; what was written is there. }
{ status: 7 }
procedure deep(n: integer);
begin
  if n = 0 then
    halt(7);
  deep(n - 1)
end;

begin
  writeln('before');
  deep(10);
  writeln('after')
end.
