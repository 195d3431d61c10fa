program trees;
{ Binary trees made and thrown away. }
const
  mindepth = 4;
  maxdepth = 18;
type
  link = ^node;
  node = record
    left, right: link
  end;
var
  long, t: link;
  depth, rounds, i, check: integer;

function make(depth: integer): link;
var
  t: link;
begin
  new(t);
  if depth > 0 then begin
    t^.left := make(depth - 1);
    t^.right := make(depth - 1)
  end else begin
    t^.left := nil;
    t^.right := nil
  end;
  make := t
end;

function count(t: link): integer;
begin
  if t^.left = nil then
    count := 1
  else
    count := 1 + count(t^.left) + count(t^.right)
end;

procedure drop(t: link);
begin
  if t^.left <> nil then begin
    drop(t^.left);
    drop(t^.right)
  end;
  dispose(t)
end;

begin
  long := make(maxdepth);
  depth := mindepth;
  while depth <= maxdepth do begin
    rounds := 1;
    for i := 1 to maxdepth - depth + mindepth - 2 do
      rounds := rounds * 2;
    check := 0;
    for i := 1 to rounds do begin
      t := make(depth);
      check := check + count(t);
      drop(t)
    end;
    writeln(rounds, ' trees of depth ', depth, ' check: ', check);
    depth := depth + 4
  end;
  writeln('long lived tree of depth ', maxdepth, ' check: ', count(long))
end.
