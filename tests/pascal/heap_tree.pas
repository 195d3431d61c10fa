program heap_tree;
{ expect:
0 2 9 11 13 14 24 25 26 27 35 41 45 55 60 68 85 88 91 94 7
TRUE
}
type tree = ^node; node = record key: integer; l, r: tree end;
var t: tree; i, seed: integer;
procedure insert(var t: tree; k: integer);
begin
  if t = nil then begin new(t); t^.key := k; t^.l := nil; t^.r := nil end
  else if k < t^.key then insert(t^.l, k) else if k > t^.key then insert(t^.r, k)
end;
procedure walk(t: tree); begin if t <> nil then begin walk(t^.l); write(t^.key, ' '); walk(t^.r) end end;
procedure drop(var t: tree); begin if t <> nil then begin drop(t^.l); drop(t^.r); dispose(t); t := nil end end;
function depth(t: tree): integer;
var a, b: integer;
begin
  if t = nil then depth := 0
  else begin a := depth(t^.l); b := depth(t^.r); if a > b then depth := a + 1 else depth := b + 1 end
end;
begin
  t := nil; seed := 7;
  for i := 1 to 20 do begin seed := (seed * 37 + 11) mod 101; insert(t, seed) end;
  walk(t); writeln(depth(t)); drop(t); writeln(t = nil)
end.
