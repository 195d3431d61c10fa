program unequal;
{ expect:
TRUE TRUE FALSE
FALSE TRUE
}
{ A comparison in front of a parenthesis is no list of type arguments. }
var
  a, b: integer;
begin
  a := 1;
  b := 2;
  write(a <> (b), ' ', a <>(b), ' ', (a<>(1)));
  writeln;
  writeln((a < b) and (b > (a + 5)), ' ', a < (b))
end.
