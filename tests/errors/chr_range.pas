{ error: 5:12: there is no character with number 300 }
program chr_range;
var c: char;
begin
  c := chr(300)
end.
