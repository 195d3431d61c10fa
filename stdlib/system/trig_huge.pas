{ trig_huge: reduces a huge angle by exact multiples of pi/2 (Payne and Hanek, "Radian reduction for
  trigonometric functions", 1983).

  x is a whole number m times a power of two.  Of 2/pi, written in digits of 24 bits, only those matter that
  make x * 2/pi differ by less than a multiple of 4 and by more than 2^-165: eleven of them.  Their product
  with m is computed exactly; its whole part modulo 4 is the quadrant, its fraction times pi/2 the angle. }

{ Digit i of 2/pi = 0.d0 d1 d2 ... to the base 2^24. }
function trig_digit(i: integer): int64;
begin
	case i of
	0: trig_digit := 10680707;
	1: trig_digit := 7228996;
	2: trig_digit := 1387004;
	3: trig_digit := 2578385;
	4: trig_digit := 16069853;
	5: trig_digit := 12639074;
	6: trig_digit := 9804092;
	7: trig_digit := 4427841;
	8: trig_digit := 16666979;
	9: trig_digit := 11263675;
	10: trig_digit := 12935607;
	11: trig_digit := 2387514;
	12: trig_digit := 4345298;
	13: trig_digit := 14681673;
	14: trig_digit := 3074569;
	15: trig_digit := 13734428;
	16: trig_digit := 16653803;
	17: trig_digit := 1880361;
	18: trig_digit := 10960616;
	19: trig_digit := 8533493;
	20: trig_digit := 3062596;
	21: trig_digit := 8710556;
	22: trig_digit := 7349940;
	23: trig_digit := 6258241;
	24: trig_digit := 3772886;
	25: trig_digit := 3769171;
	26: trig_digit := 3798172;
	27: trig_digit := 8675211;
	28: trig_digit := 12450088;
	29: trig_digit := 3874808;
	30: trig_digit := 9961438;
	31: trig_digit := 366607;
	32: trig_digit := 15675153;
	33: trig_digit := 9132554;
	34: trig_digit := 7151469;
	35: trig_digit := 3571407;
	36: trig_digit := 2607881;
	37: trig_digit := 12013382;
	38: trig_digit := 4155038;
	39: trig_digit := 6285869;
	40: trig_digit := 7677882;
	41: trig_digit := 13102053;
	42: trig_digit := 15825725;
	43: trig_digit := 473591;
	44: trig_digit := 9065106;
	45: trig_digit := 15363067;
	46: trig_digit := 6271263;
	47: trig_digit := 9264392;
	48: trig_digit := 5636912;
	49: trig_digit := 4652155;
	50: trig_digit := 7056368;
	51: trig_digit := 13614112;
	52: trig_digit := 10155062;
	53: trig_digit := 1944035
	end
end;

{ a * b = hi + lo exactly (Dekker, "A floating-point technique for extending the available precision", 1971). }
procedure trig_product(a, b: real; var hi, lo: real);
const
	split = 134217729.0; { 2^27 + 1 }
var
	a1, a2, b1, b2: real;
begin
	a1 := a * split;
	a1 := a1 - (a1 - a);
	a2 := a - a1;
	b1 := b * split;
	b1 := b1 - (b1 - b);
	b2 := b - b1;
	hi := a * b;
	lo := ((a1 * b1 - hi) + a1 * b2 + a2 * b1) + a2 * b2
end;

{ The quadrant (0 to 3) of a finite x >= 2^20, and the rest as hi + lo, at most pi/4 from 0. }
function trig_huge(x: real; var hi, lo: real): integer;
const
	base = 16777216;
	depth = 7; { digits behind the point }
var
	m, carry: int64;
	part: array [0..3] of int64; { m * 2^(e mod 24), least first }
	col: array [0..depth] of int64; { col[w] counts 2^(-24 * w) }
	e, q, i, k, w, quadrant: integer;
	a, b, scale, tail: real;
	minus: boolean;
begin
	e := 0;
	while x >= 9007199254740992.0 do begin
		x := x * 0.5;
		e := e + 1
	end;
	while x < 4503599627370496.0 do begin
		x := x * 2.0;
		e := e - 1
	end;
	m := trunc(x);

	{ e = 24 * q + a rest, which goes into m. }
	q := (e + 240) div 24 - 10;
	part[0] := m mod base;
	part[1] := m div base mod base;
	part[2] := m div base div base;
	part[3] := 0;
	for k := 1 to e - 24 * q do begin
		carry := 0;
		for i := 0 to 3 do begin
			carry := carry + 2 * part[i];
			part[i] := carry mod base;
			carry := carry div base
		end
	end;

	{ Part k times digit i weighs 2^(24 * (k + q - i - 1)). }
	carry := 0;
	for w := depth downto 0 do begin
		for k := 0 to 3 do begin
			i := k + q - 1 + w;
			if i >= 0 then
				carry := carry + part[k] * trig_digit(i)
		end;
		col[w] := carry mod base;
		carry := carry div base
	end;

	quadrant := col[0] mod 4;
	minus := col[1] >= base div 2;
	if minus then begin { nearer to the next multiple: 1 - fraction, but for 2^-168 }
		quadrant := (quadrant + 1) mod 4;
		for w := 1 to depth do
			col[w] := base - 1 - col[w]
	end;

	{ No double is nearer to a multiple of pi/2 than 2^-62, so that a digit among the first three counts. }
	w := 1;
	scale := 1.0 / base / base;
	while (w < 4) and (col[w] = 0) do begin
		w := w + 1;
		scale := scale / base
	end;
	a := col[w] * base + col[w + 1];
	b := (col[w + 2] * base + col[w + 3]) * (1.0 / base / base);
	hi := a + b;
	lo := b - (hi - a);
	a := lo;
	trig_product(hi, 1.5707963267948966, b, tail);
	tail := tail + (hi * 6.123233995736766e-17 + a * 1.5707963267948966);
	hi := (b + tail) * scale;
	lo := (tail * scale) - (hi - b * scale);
	if minus then begin
		hi := -hi;
		lo := -lo
	end;
	trig_huge := quadrant
end;
