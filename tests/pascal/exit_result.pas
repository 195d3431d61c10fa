program exit_result;
{ expect:
6-1-101onenonemany
p
}
function find(n: integer): integer;
var i: integer;
begin
  find := -1;
  for i := 1 to 10 do if i * i > n then begin find := i; exit end
end;
function sign(n: integer): integer;
begin if n < 0 then exit(-1); if n > 0 then exit(1); result := 0 end;
function word(n: integer): string;
begin if n = 1 then exit('one'); word := 'many'; if n = 0 then word := 'no' + 'ne' end;
procedure p; begin writeln('p'); exit; writeln('not') end;
begin
  writeln(find(30), find(1000), sign(-5), sign(0), sign(9), word(1), word(0), word(7)); p
end.
