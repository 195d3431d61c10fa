{ error: 4:20: open and dynamic arrays are not supported }
{ error: 5:17: parameters without a type are not supported }
program unsupported;
procedure p(var a: array of integer); begin end;
procedure q(var x); begin end;
begin
end.
