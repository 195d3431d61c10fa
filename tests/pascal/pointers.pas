program pointers;
{ expect:
3 10 13 20 30 37 40 47 50 57 67 74 77 84 94 5
TRUE
54321
55
done
}
{ Pointers: lists, trees, dispose and reuse, pointers to pointers and to arrays. }
type
  link = ^node;
  node = record
    key: integer;
    left, right: link
  end;
  list = ^item;
  item = record
    value: integer;
    next: list
  end;
  table = array [1..10] of integer;
var
  root: link;
  l, head: list;
  t: ^table;
  pi: ^integer;
  i, sum: integer;

procedure insert(var p: link; k: integer);
begin
  if p = nil then begin
    new(p);
    p^.key := k;
    p^.left := nil;
    p^.right := nil
  end else if k < p^.key then
    insert(p^.left, k)
  else if k > p^.key then
    insert(p^.right, k)
end;

procedure walk(p: link);
begin
  if p <> nil then begin
    walk(p^.left);
    write(p^.key, ' ');
    walk(p^.right)
  end
end;

function depth(p: link): integer;
var
  l, r: integer;
begin
  if p = nil then
    depth := 0
  else begin
    l := depth(p^.left);
    r := depth(p^.right);
    if l > r then
      depth := l + 1
    else
      depth := r + 1
  end
end;

procedure cut(var p: link);
begin
  if p <> nil then begin
    cut(p^.left);
    cut(p^.right);
    dispose(p);
    p := nil
  end
end;

begin
  root := nil;
  for i := 1 to 15 do
    insert(root, i * 37 mod 101);
  walk(root);
  writeln(depth(root));
  cut(root);
  writeln(root = nil);
  head := nil;
  for i := 1 to 5 do begin
    new(l);
    l^.value := i;
    l^.next := head;
    head := l
  end;
  l := head;
  sum := 0;
  while l <> nil do begin
    sum := 10 * sum + l^.value;
    l := l^.next
  end;
  writeln(sum);
  new(t);
  for i := 1 to 10 do
    t^[i] := i;
  new(pi);
  pi^ := 0;
  for i := 1 to 10 do
    pi^ := pi^ + t^[i];
  writeln(pi^);
  dispose(pi);
  dispose(t);
  for i := 1 to 20000 do begin { memory comes back: this would need more than there is }
    new(t);
    t^[10] := i;
    dispose(t)
  end;
  writeln('done')
end.
