{ arctan: the angle whose tangent is x, within one unit in the last place.

  With a middle m = 1/2, 1, 3/2 or infinity, arctan x = arctan m + arctan((x - m) / (1 + m * x)), where the
  second argument is at most 7/16; there t + t^3 * a polynomial is fitted to 1e-16 of t^3. }
function arctan(x: real): real;
var
	a, t, hi, lo, z, p: real;
begin
	a := abs(x);
	hi := 0.0;
	lo := 0.0;
	if a < 0.4375 then
		t := a
	else if a < 0.6875 then begin
		t := (2.0 * a - 1.0) / (2.0 + a);
		hi := 0.46364760900080609;
		lo := 2.2698777452961687e-17
	end else if a < 1.1875 then begin
		t := (a - 1.0) / (1.0 + a);
		hi := 0.78539816339744828;
		lo := 3.061616997868383e-17
	end else if a < 2.4375 then begin
		t := (a - 1.5) / (1.0 + 1.5 * a);
		hi := 0.98279372324732905;
		lo := 1.3903311031230998e-17
	end else begin
		t := -1.0 / a;
		hi := 1.5707963267948966;
		lo := 6.123233995736766e-17
	end;
	z := t * t;
	p := z * (-0.33333333333333326 + z * (0.19999999999987655 + z * (-0.14285714283127662 + z * (0.11111110899049664
		+ z * (-0.090909001405855505 + z * (0.076920862049750238 + z * (-0.066632248690844831
		+ z * (0.058476124445213634 + z * (-0.050334165154982312 + z * (0.03781160048461682
		- z * 0.01753229599497268))))))))));
	if hi = 0.0 then
		t := t + t * p
	else
		t := hi + (t + (t * p + lo));
	if x < 0.0 then
		arctan := -t
	else if a > 0.0 then
		arctan := t
	else
		arctan := x { a zero keeps its sign, a NaN stays one }
end;
