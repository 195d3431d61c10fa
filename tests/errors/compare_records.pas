{ error: 5:6: '=' does not go with record and record }
program compare_records;
var a: record x: integer end;
begin
  if a = a then
end.
