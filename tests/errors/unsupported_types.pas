{ error: 5:10: the type 'single' is not supported; use real }
{ error: 6:9: files of type other than 'text' are not supported }
program unsupported_types;
var
  f, ff: single;
  g, h: file of integer;
begin
end.
