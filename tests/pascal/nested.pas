program nested;
{ expect:
3: 414 69 207 414
2: 276 46 138 276
1: 138 23 69 138
1 again: 138 138
2 again: 276 276
3 again: 414 414
18 9 TRUE FALSE
ac ab cb ac ba bc ac 
}
{ fpc: -Mdelphi }
{ Nested procedures reach the variables of all that enclose them, at every depth of recursion. }
var
  calls: integer;

procedure outer(n: integer);
var
  sum: integer;
  a: array [1..3] of integer;

  procedure middle(k: integer);
  var
    local: integer;

    procedure inner;
    begin
      calls := calls + 1;
      local := local + k;
      sum := sum + local * n;
      a[k] := sum
    end;

  begin
    local := 10 * k;
    inner;
    inner;
    if k < 3 then
      middle(k + 1)
  end;

begin
  sum := 0;
  middle(1);
  writeln(n, ': ', sum, ' ', a[1], ' ', a[2], ' ', a[3]);
  if n > 1 then
    outer(n - 1);
  writeln(n, ' again: ', sum, ' ', a[3])
end;

function ackermann(m, n: integer): integer;
begin
  if m = 0 then
    ackermann := n + 1
  else if n = 0 then
    ackermann := ackermann(m - 1, 1)
  else
    ackermann := ackermann(m - 1, ackermann(m, n - 1))
end;

function even(n: integer): boolean; forward;

function uneven(n: integer): boolean;
begin
  if n = 0 then
    uneven := false
  else
    uneven := even(n - 1)
end;

function even;
begin
  if n = 0 then
    even := true
  else
    even := uneven(n - 1)
end;

procedure hanoi(n: integer; from, into, over: char);
begin
  if n > 0 then begin
    hanoi(n - 1, from, over, into);
    write(from, into, ' ');
    hanoi(n - 1, over, into, from)
  end
end;

begin
  calls := 0;
  outer(3);
  writeln(calls, ' ', ackermann(2, 3), ' ', even(10), ' ', uneven(10));
  hanoi(3, 'a', 'c', 'b');
  writeln
end.
