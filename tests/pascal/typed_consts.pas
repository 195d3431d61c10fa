program typed_consts;
{ expect:
Mon TRUE Tue FALSE Wed TRUE 
  2  4  6  8 10 12abcd  1.5  2.0
10it's-10  3.14
12
}
type day = (mo, tu, we); rec = record n: string[4]; v: array [0..1] of real; s: set of day end;
const names: array [day] of string[3] = ('Mon', 'Tue', 'Wed');
  grid: array [1..2, 1..3] of integer = ((1, 2, 3), (4, 5, 6));
  r: rec = (n: 'abcd'; v: (1.5, 2); s: [mo, we]);
  limit = 10; half = limit div 2; text1 = 'it''s'; neg = -limit; pi2 = 6.28 / 2;
  count: integer = 5;
var d: day; i, j: integer;
function next: integer; const seed: integer = 10; begin seed := seed + 1; next := seed end;
begin
  for d := mo to we do write(names[d], ' ', d in r.s, ' ');
  writeln;
  for i := 1 to 2 do for j := 1 to 3 do write(grid[i, j] * 2:3);
  writeln(r.n, r.v[0]:5:1, r.v[1]:5:1);
  count := count + half; writeln(count, text1, neg, pi2:6:2);
  i := next; i := next; writeln(i)
end.
