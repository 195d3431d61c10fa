{ error: 5:10: the character '?' has no meaning here }
program bad_character;
var i, j: integer;
begin
  i := 3 ? 4
end.
