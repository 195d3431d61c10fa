{ error: 4:9: dynamic arrays are not supported }
program unsupported;
var
  x, y: array of integer;
begin
end.
