{ trig_cos: the cosine of x + t, |x| <= pi/4 and t tiny: 1 - x^2/2 + ..., a polynomial fitted to 3e-18.
  What 1 - x^2/2 loses in rounding is added again. }
function trig_cos(x, t: real): real;
var
	z, half, w, p: real;
begin
	z := x * x;
	half := 0.5 * z;
	w := 1.0 - half;
	p := 0.041666666666666664 + z * (-0.0013888888888887398 + z * (2.4801587298764561e-05
		+ z * (-2.7557317271145144e-07 + z * (2.087614614655861e-09 - z * 1.1382623647474462e-11))));
	trig_cos := w + (((1.0 - w) - half) + (z * z * p - x * t))
end;
