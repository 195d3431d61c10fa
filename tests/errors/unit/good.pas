unit good;
interface
var shown: integer;
implementation
var hidden: integer;
begin
  hidden := 1
end.
