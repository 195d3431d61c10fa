{ upcase: the capital of a letter from a to z; any other character itself. }
function upcase(c: char): char;
begin
	if (c >= 'a') and (c <= 'z') then
		upcase := chr(ord(c) - 32)
	else
		upcase := c
end;
