{ ln: the natural logarithm, within one unit in the last place.

  x = 2^k * m with m between sqrt(1/2) and sqrt(2).  With f = m - 1 and s = f / (2 + f), ln m is
  2 * artanh s = f - f^2/2 + s * (f^2/2 + R), and R, a polynomial in s^2, is the series of 2 * artanh s / s
  without its first term, fitted to 1e-17.  Of zero and of negative numbers: run-time error 207. }
function ln(x: real): real;
type
	bits = record
		case boolean of
		false: (number: real);
		true: (pattern: int64)
	end;
const
	one = 4503599627370496; { the bits of 2^0 are 1023 times this }
var
	k: integer;
	f, s, z, r, half: real;
	m: bits;
begin
	if not (x > 0.0) then begin
		if x = x then
			runerror(207);
		ln := x
	end else if x - x <> 0.0 then
		ln := x
	else begin
		k := -1023;
		if x < 2.2250738585072014e-308 then begin
			x := x * 18014398509481984.0; { 2^54: no longer subnormal }
			k := k - 54
		end;
		m.number := x;
		k := k + m.pattern div one;
		m.pattern := m.pattern mod one + 1023 * one;
		f := m.number;
		if f > 1.4142135623730951 then begin
			f := f * 0.5;
			k := k + 1
		end;
		f := f - 1.0;
		s := f / (2.0 + f);
		z := s * s;
		r := z * (0.66666666666666696 + z * (0.39999999999898889 + z * (0.28571428626253836 + z * (0.22222211089379496
			+ z * (0.18182892432536871 + z * (0.15331611722055002 + z * 0.1461780715341737))))));
		half := 0.5 * f * f;
		ln := k * 0.69314718036912381649 - ((half - (s * (half + r) + k * 1.9082149292705877e-10)) - f)
	end
end;
