{ error: 4:20: this must be a constant }
program not_constant;
var i: integer;
type t = array [1..i] of char;
begin
  writeln
end.
