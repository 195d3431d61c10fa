{ error: 4:10: the type 'currency' is not supported }
program unsupported_types;
var
  f, ff: currency;
begin
end.
