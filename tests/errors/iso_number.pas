{ options: --std=iso }
{ error: 5:11: a blank is missing between this number and the word behind it }
program iso_number(output);
begin
  writeln(42div 4)
end.
