{ hexstr, octstr, binstr: the low digits of a number. }
function digits_of(n: int64; count, bits: integer): shortstring;
const digit: array [0..15] of char = '0123456789ABCDEF';
var i: integer;
begin
  setlength(result, count);
  for i := count downto 1 do begin
    result[i] := digit[n and (1 shl bits - 1)];
    n := n shr bits
  end
end;

function hexstr(n: int64; count: integer): shortstring;
begin
  hexstr := digits_of(n, count, 4)
end;

function octstr(n: int64; count: integer): shortstring;
begin
  octstr := digits_of(n, count, 3)
end;

function binstr(n: int64; count: integer): shortstring;
begin
  binstr := digits_of(n, count, 1)
end;
