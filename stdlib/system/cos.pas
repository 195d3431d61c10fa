{ cos: cosine of an angle in radians, within one unit in the last place.  No number for an infinite angle. }
function cos(x: real): real;
var
	hi, lo: real;
begin
	if abs(x) <= 0.78539816339744828 then
		cos := trig_cos(x, 0.0)
	else if x - x <> 0 then
		cos := x - x
	else
		case trig_reduce(x, hi, lo) of
		0: cos := trig_cos(hi, lo);
		1: cos := -trig_sin(hi, lo);
		2: cos := -trig_cos(hi, lo);
		3: cos := trig_sin(hi, lo)
		end
end;
