program odd_syntax;
{ expect:
31ABx	y'10000.25
done
}
(* comment *) { another } // and one more
VAR I: INTEGER; a: array (.1..3.) of integer;
Begin
  i := 1;;
  begin end;
  IF i = 1 then else writeln('no');
  a(.2.) := $1F; writeln(a[2], #65#66, 'x'#9'y', '''', 1e3:0:0, 2.5E-1:0:2);
  repeat until true;
  while false do;
  for i := 1 to 0 do;
  if true then writeln('done')
end.
