{ exp: e to the power x, within one unit in the last place (two where the result is subnormal).

  x = k * ln 2 + r with |r| <= ln(2)/2; ln 2 is cut so that k * its first part is exact.  e^r is
  1 + r + r^2 * a polynomial fitted to 1e-16, and 2^k is made from its exponent bits.  A result too
  large is the run-time error 205, as for other real overflows of Turbo Pascal. }
function exp(x: real): real;
type
	bits = record
		case boolean of
		false: (number: real);
		true: (pattern: int64)
	end;
var
	k: integer;
	hi, lo, r, p: real;
	two: bits;
begin
	if x > 709.78271289338397 then begin
		if x - x = 0.0 then
			runerror(205);
		exp := x
	end else if x < -745.13321910194122 then
		exp := 0.0
	else if x <> x then
		exp := x
	else begin
		k := round(x * 1.4426950408889634);
		hi := x - k * 0.69314718036912381649;
		lo := k * 1.9082149292705877e-10;
		r := hi - lo;
		lo := (hi - r) - lo;
		p := 0.50000000000000011 + r * (0.16666666666666669 + r * (0.041666666666623171
			+ r * (0.0083333333333299887 + r * (0.0013888888917690603 + r * (0.00019841269863420349
			+ r * (2.4801520557017829e-05 + r * (2.755726789174553e-06 + r * (2.7620438948634417e-07
			+ r * 2.510065503606659e-08))))))));
		r := 1.0 + (r + (r * r * p + lo));
		if k > 1023 then begin
			r := r * 2.0;
			k := k - 1
		end else if k < -1000 then begin
			r := r * 9.3326361850321888e-302; { 2^-1000 }
			k := k + 1000
		end;
		two.pattern := 4503599627370496 * (k + 1023);
		exp := r * two.number
	end
end;
