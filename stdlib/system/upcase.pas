{ upcase: the capital of a letter a to z, and any other character itself. }
function upcase(c: char): char;
begin
	if (c >= 'a') and (c <= 'z') then
		upcase := chr(ord(c) - ord('a') + ord('A'))
	else
		upcase := c
end;
