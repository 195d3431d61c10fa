{ fillbyte, comparebyte, indexbyte: bytes of any variable. }
procedure fillbyte(var x; count: integer; value: byte);
begin
  fillchar(x, count, value)
end;

function comparebyte(const a, b; count: integer): integer;
var p, q: pbyte;
begin
  p := @a;
  q := @b;
  while (count > 0) and (p^ = q^) do begin
    p := p + 1;
    q := q + 1;
    count := count - 1
  end;
  if count <= 0 then comparebyte := 0 else comparebyte := p^ - q^
end;

function indexbyte(const x; count: integer; value: byte): integer;
var p: pbyte; i: integer;
begin
  p := @x;
  indexbyte := -1;
  for i := 0 to count - 1 do
    if p[i] = value then exit(i)
end;
