{ error: 3:7: 'ü' has no meaning outside strings and comments }
program other_alphabet;
var grün: integer;
begin
end.
