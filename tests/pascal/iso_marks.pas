{ What ISO 7185 writes for marks that some keyboards lacked, and comments closed by the other mark. }
{ fpc: no }
{ expect:
          5           3           7
}
program iso_marks(output);
{$mode iso}
type
  p = @integer; { a pointer *)
var
  a: array (.1..3.) of integer;
  q: p; (* another }
  r: ^p;
begin
  new(q);
  new(r);
  q@ := 3;
  r@ := q;
  a(.2.) := q^ + 2; { r@^ and r^@
  are one *)
  writeln(a[2], ' ', r@^, ' ', q@ + r^@ + 1)
end.
