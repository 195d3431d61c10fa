{ pi: the ratio of a circle's circumference to its diameter, the nearest real number. }
function pi: real;
begin
	pi := 3.14159265358979324
end;
