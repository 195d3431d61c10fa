{ unhandled_exception: what a program that ends by an exception says. }
procedure unhandled_exception(o: tobject);
begin
  flush(output);
  if o = nil then
    writeln(stderr, 'An unhandled exception occurred')
  else
    writeln(stderr, 'An unhandled exception occurred: ', o.tostring)
end;
