{ error: 8:8: this procedure gives no value }
program procedure_value;
var i, j: integer;
procedure p;
begin
end;
begin
  i := p
end.
