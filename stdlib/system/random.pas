{ random: a number from 0 to n - 1, each as likely as the others to 1 in 4 thousand million / n. }
function random(n: integer): integer;
begin
	if n <= 0 then
		random := 0
	else
		random := random_next * n div 4294967087
end;
