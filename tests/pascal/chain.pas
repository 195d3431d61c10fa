program chain;
{ Small functions have their place in the call chain whether they were inlined or not. }
{ status: 201 }
{ expect:
5
8
11
492
}
{ stderr: at get (tests/pascal/chain.pas:22) }
{ stderr: called from twice (tests/pascal/chain.pas:27) }
{ stderr: called from deeper (tests/pascal/chain.pas:33) }
{ stderr: called from deeper (tests/pascal/chain.pas:35) }
{ stderr: called from main (tests/pascal/chain.pas:48) }
{ fpc: no }
var
  a: array [1..8] of integer;
  i, s: integer;

function get(i: integer): integer;
begin
  get := a[i] end;

function twice(i: integer): integer;
begin
  twice := 2 *
    get(i) end;

function deeper(n, i: integer): integer;
begin
  if n = 0 then
    deeper :=
      twice(i)
  else
    deeper := deeper(n - 1, i) + 1
end;

begin
  for i := 1 to 8 do
    a[i] := i;
  for i := 1 to 3 do
    writeln(deeper(i, i + 1));
  s := 0;
  for i := 1 to 500 do
    s := s + twice(i mod 8 + 1) - get(2) - 6;
  writeln(s);
  for i := 1 to 9 do
    s := s + deeper(2, i)
end.
