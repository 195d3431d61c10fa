(* expect:
540000
*)
{$mode objfpc}{$H+}
program leaks;
type trec = record s: string; a: array of string end;
var i: integer; total: int64;
function make(n: integer): trec;
var k: integer; local: array of trec;
begin
  setlength(local, 3);
  local[1].s := 'abc';
  local[1].s := local[1].s + local[1].s;
  setlength(local[2].a, 2);
  local[2].a[1] := local[1].s + 'x';
  setlength(result.a, n);
  for k := 0 to n - 1 do result.a[k] := copy(local[2].a[1], 1, k + 2);
  result.s := result.a[n - 1] + result.a[0];
  if n > 3 then exit;
  result.s := '';
end;
function len(r: trec): integer;
begin
  r.s := r.s + '!';
  result := length(r.s) + length(r.a);
end;
function dup(const s: string; n: integer): string;
begin
  if n = 0 then exit('');
  result := dup(s, n - 1) + s;
end;
begin
  total := 0;
  for i := 1 to 20000 do begin
    total := total + len(make(i mod 5 + 1));
    total := total + length(dup('ab', 10));
  end;
  writeln(total);
end.
