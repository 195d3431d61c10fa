{ tan: tangent of an angle in radians, within two units in the last place. }
function tan(x: real): real;
begin
	tan := sin(x) / cos(x)
end;
