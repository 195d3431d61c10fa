{ sin: sine of an angle in radians, within one unit in the last place.  No number for an infinite angle. }
function sin(x: real): real;
var
	hi, lo: real;
begin
	if abs(x) <= 0.78539816339744828 then
		sin := trig_sin(x, 0.0)
	else if x - x <> 0 then
		sin := x - x
	else
		case trig_reduce(x, hi, lo) of
		0: sin := trig_sin(hi, lo);
		1: sin := trig_cos(hi, lo);
		2: sin := -trig_sin(hi, lo);
		3: sin := -trig_cos(hi, lo)
		end
end;
