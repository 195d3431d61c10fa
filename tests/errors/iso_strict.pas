{ options: --std=iso }
{ error: 18:28: 'output' is there already }
{ error: 30:6: types must be declared before variables in ISO Pascal }
{ error: 19:7: a label is a number in ISO Pascal }
{ error: 19:12: a label is at most 9999 in ISO Pascal }
{ error: 23:7: every value of the tag must have a variant in ISO Pascal }
{ error: 34:3: 'u' was used in this block before with another meaning }
{ error: 36:7: the counter of 'for' must be a variable of this block }
{ error: 42:5: a component of something packed cannot be a var parameter }
{ error: 43:5: a tag cannot be a var parameter }
{ error: 44:8: this value has 2 characters, not 3 }
{ error: 45:13: a field width is at least 1 in ISO Pascal }
{ error: 46:11: a string has at least one character in ISO Pascal }
{ error: 47:7: 'h' counts a 'for' statement, and an inner routine may change it }
{ error: 40:3: this jumps into a statement }
{ error: 19:12: this label stands before no statement }
{ error: 19:7: this label stands before no statement }
program iso_strict(output, output);
label one, 10000, 1;
type
  u = integer;
  r = record
      case k: boolean of true: (x: integer)
      end;
var
  g, h: integer;
  s: packed array [1..3] of char;
  q: r;
  z: packed record b: boolean end;
type late = integer;
procedure p(var b: boolean);
var
  i: u;
  u: integer;
begin
  for g := 1 to 2 do;
  h := 1
end;
begin
  goto 1;
  if h = 1 then begin 1: end;
  p(z.b);
  p(q.k);
  s := 'ab';
  writeln(g:0);
  writeln('');
  for h := 1 to 2 do;
  g := 42 div 4
end.
