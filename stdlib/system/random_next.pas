{ random_next: a number from 0 to 4294967086, by the combined multiple recursive generator MRG32k3a
  (L'Ecuyer, "Good parameters and implementations for combined multiple recursive random number generators",
  1999; period about 2^191).  The sequence is the same on every machine and in every run, until randomize. }
var
	random_a, random_b: array [0..2] of int64; { the last three terms of each recursion, oldest first }
	random_ready: boolean; { false before anything has run }

{ Starts a sequence.  The states come from n by a multiplicative generator modulo 2^31 - 1; none may be all zero. }
procedure random_start(n: int64);
var
	i: integer;
begin
	n := (n mod 2147483646 + 2147483646) mod 2147483646 + 1;
	for i := 0 to 2 do begin
		n := n * 48271 mod 2147483647;
		random_a[i] := n;
		n := n * 48271 mod 2147483647;
		random_b[i] := n
	end;
	random_ready := true
end;

function random_next: int64;
const
	m1 = 4294967087;
	m2 = 4294944443;
var
	a, b: int64;
begin
	if not random_ready then
		random_start(0);
	a := (1403580 * random_a[1] - 810728 * random_a[0]) mod m1;
	if a < 0 then
		a := a + m1;
	random_a[0] := random_a[1];
	random_a[1] := random_a[2];
	random_a[2] := a;
	b := (527612 * random_b[2] - 1370589 * random_b[0]) mod m2;
	if b < 0 then
		b := b + m2;
	random_b[0] := random_b[1];
	random_b[1] := random_b[2];
	random_b[2] := b;
	a := a - b;
	if a < 0 then
		a := a + m1;
	random_next := a
end;
