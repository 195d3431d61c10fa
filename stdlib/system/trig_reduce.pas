{ trig_reduce: takes multiples of pi/2 off an angle (Cody and Waite, "Software manual for the elementary
  functions", 1980).  The result is the quadrant, 0 to 3; the rest is hi + lo, at most pi/4 from 0 or a hair more.

  pi/2 is cut into parts of 33 bits, so that their products with a count below 2^20 are exact; from there on
  trig_huge serves. }

{ hi + lo := hi + lo - y, with the rounding of hi kept in lo. }
procedure trig_take(y: real; var hi, lo: real);
var
	sum, back: real;
begin
	sum := hi - y;
	back := sum - hi;
	lo := lo + ((hi - (sum - back)) - (y + back));
	hi := sum
end;

function trig_reduce(x: real; var hi, lo: real): integer;
var
	n: integer;
	k, sum: real;
begin
	if (x >= 1048576.0) or (x <= -1048576.0) then begin
		n := trig_huge(abs(x), hi, lo);
		if x < 0 then begin
			n := (4 - n) mod 4;
			hi := -hi;
			lo := -lo
		end
	end else begin
		n := round(x * 0.63661977236758138);
		k := n;
		hi := x;
		lo := 0;
		trig_take(k * 1.5707963267341256142, hi, lo);
		trig_take(k * 6.0771005063039659766e-11, hi, lo);
		trig_take(k * 2.0222662487111664558e-21, hi, lo);
		trig_take(k * 8.4784276603688996e-32, hi, lo);
		sum := hi + lo;
		lo := lo - (sum - hi);
		hi := sum;
		n := n mod 4;
		if n < 0 then
			n := n + 4
	end;
	trig_reduce := n
end;
