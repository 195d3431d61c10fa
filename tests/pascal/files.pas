program files;
{ expect:
85 the end TRUE
}
{ A text file written, read back and appended to. }
var
  f: text;
  s: string;
  i, n, sum: integer;
  x: real;
begin
  assign(f, 'out/tests/files.tmp');
  rewrite(f);
  for i := 1 to 5 do
    writeln(f, i, ' ', i * i, ' ', i / 2:0:1);
  close(f);
  append(f);
  write(f, 'the end');
  close(f);
  reset(f);
  sum := 0;
  for i := 1 to 5 do begin
    read(f, n);
    sum := sum + n;
    readln(f, n, x);
    sum := sum + n + round(2 * x)
  end;
  readln(f, s);
  writeln(sum, ' ', s, ' ', eof(f));
  close(f)
end.
