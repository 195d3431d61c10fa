program sorting;
{ Quicksort and heapsort of the same numbers. }
const
  n = 1200000;
type
  list = array [1..n] of integer;
var
  a, b: list;
  i, seed: integer;
  same: boolean;

function next: integer;
begin
  seed := 16807 * (seed mod 127773) - 2836 * (seed div 127773);
  if seed <= 0 then
    seed := seed + 2147483647;
  next := seed
end;

procedure quick(var a: list; left, right: integer);
var
  i, j, pivot, t: integer;
begin
  i := left;
  j := right;
  pivot := a[left + (right - left) div 2];
  repeat
    while a[i] < pivot do
      i := i + 1;
    while a[j] > pivot do
      j := j - 1;
    if i <= j then begin
      t := a[i];
      a[i] := a[j];
      a[j] := t;
      i := i + 1;
      j := j - 1
    end
  until i > j;
  if left < j then
    quick(a, left, j);
  if i < right then
    quick(a, i, right)
end;

procedure sift(var a: list; root, last: integer);
var
  child, v: integer;
  done: boolean;
begin
  v := a[root];
  done := false;
  while not done and (2 * root <= last) do begin
    child := 2 * root;
    if child < last then
      if a[child] < a[child + 1] then
        child := child + 1;
    if v >= a[child] then
      done := true
    else begin
      a[root] := a[child];
      root := child
    end
  end;
  a[root] := v
end;

procedure heap(var a: list);
var
  i, t: integer;
begin
  for i := n div 2 downto 1 do
    sift(a, i, n);
  for i := n downto 2 do begin
    t := a[1];
    a[1] := a[i];
    a[i] := t;
    sift(a, 1, i - 1)
  end
end;

begin
  seed := 1;
  for i := 1 to n do begin
    a[i] := next;
    b[i] := a[i]
  end;
  quick(a, 1, n);
  heap(b);
  same := true;
  for i := 1 to n do
    if a[i] <> b[i] then
      same := false;
  writeln(same, ' ', a[1], ' ', a[n div 2], ' ', a[n])
end.
