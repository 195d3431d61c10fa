{ random_real: what `random` without an argument is: a real number r, 0 <= r < 1. }
function random_real: real;
begin
	random_real := random_next / 4294967087.0
end;
