{ trig_sin: the sine of x + t, |x| <= pi/4 and t tiny: x - x^3/6 + ..., a polynomial fitted to 3e-17 of x. }
function trig_sin(x, t: real): real;
var
	z, p: real;
begin
	z := x * x;
	p := 0.008333333333330948 + z * (-0.00019841269836756774 + z * (2.7557316101617874e-06
		+ z * (-2.5051131650235181e-08 + z * 1.5918115263265974e-10)));
	trig_sin := x + (t * (1.0 - 0.5 * z) + x * z * (-0.16666666666666666 + z * p))
end;
