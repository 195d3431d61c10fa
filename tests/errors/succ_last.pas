{ error: 6:8: there is no such value of type color }
program succ_last;
type color = (red, green);
var c: color;
begin
  c := succ(green)
end.
