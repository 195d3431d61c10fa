program buffervar(input, output);
{ expect:
number 12 sign + number 345 sign * number 6 
}
{ input^ and get, as ISO 7185 has them: looking at the next character before taking it. }
{ fpc: -Miso }
{ input: 12+345*6 }
var
  n: integer;
begin
  while not eoln(input) do
    if input^ in ['0'..'9'] then begin
      n := 0;
      while input^ in ['0'..'9'] do begin
        n := 10 * n + ord(input^) - ord('0');
        get(input)
      end;
      write('number ', n:1, ' ')
    end else begin
      write('sign ', input^, ' ');
      get(input)
    end;
  writeln
end.
