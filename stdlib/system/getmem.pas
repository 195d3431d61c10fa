{ getmem, freemem, reallocmem, allocmem, memsize: blocks that know their size, which stands in the 8 bytes before them. }
procedure getmem(var p: pointer; size: integer); overload;
begin
  p := pvm_get_block(size + 8);
  pinteger(p)^ := size + 8;
  p := p + 8
end;

function getmem(size: integer): pointer; overload;
begin
  getmem(result, size)
end;

function allocmem(size: integer): pointer;
begin
  getmem(result, size)
end;

procedure freemem(p: pointer; size: integer = 0);
begin
  if p <> nil then
    pvm_free_block(p - 8, pinteger(p - 8)^)
end;

function memsize(p: pointer): integer;
begin
  memsize := pinteger(p - 8)^ - 8
end;

procedure reallocmem(var p: pointer; size: integer);
var q: pointer; n: integer;
begin
  q := nil;
  if size > 0 then getmem(q, size);
  if p <> nil then begin
    n := pinteger(p - 8)^ - 8;
    if n > size then n := size;
    if n > 0 then move(pbyte(p)^, pbyte(q)^, n);
    freemem(p)
  end;
  p := q
end;
