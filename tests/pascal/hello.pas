program hello;
{ expect:
Hello, world!
}
begin
  writeln('Hello, world!')
end.
