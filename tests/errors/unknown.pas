{ error: 5:12: unknown name 'cuont'; did you mean 'count'? }
program unknown;
var count: integer;
begin
  count := cuont + 1
end.
