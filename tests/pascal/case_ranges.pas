program case_ranges;
{ expect:
nnzoeoeoeoeott?
VCCCV...
abcde
}
{ fpc: -Mtp }
var i: integer; c: char;
begin
  for i := -2 to 12 do
    case i of
      -2..-1: write('n');
      0: write('z');
      1, 3, 5, 7, 9: write('o');
      2, 4, 6, 8: write('e');
      10..11: write('t')
    else
      write('?')
    end;
  writeln;
  for c := 'a' to 'h' do
    case c of
      'a', 'e': write('V');
      'b'..'d': write('C')
    else
      begin end;
      write('.')
    end;
  writeln;
  for i := 0 to 4 do
    case i * 1000 of
      0: write('a');
      1000: write('b');
      2000: write('c');
      3000: write('d');
      4000: write('e')
    end;
  writeln
end.
