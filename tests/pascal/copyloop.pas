program copyloop(input, output);
{ expect:
THE QUICK BROWN FOX
JUMPS OVER  THE LAZY DOG.

123
4 10 47
}
{ The text book's loop over a text, with counts. }
{ input:
The quick brown fox
jumps over  the lazy dog.

123 }
var
  c: char;
  chars, lines, words: integer;
  inword: boolean;
begin
  chars := 0;
  lines := 0;
  words := 0;
  while not eof(input) do begin
    inword := false;
    while not eoln(input) do begin
      read(input, c);
      chars := chars + 1;
      if (c <> ' ') and not inword then
        words := words + 1;
      inword := c <> ' ';
      write(output, upcase(c))
    end;
    readln(input);
    writeln(output);
    lines := lines + 1
  end;
  writeln(lines, ' ', words, ' ', chars)
end.
