program calc;
{ A calculator.  Each line of the input is an expression, or NAME = expression:

    expression = term (("+" | "-") term)*
    term       = factor (("*" | "/") factor)*
    factor     = "-" factor | primary ("^" factor)?
    primary    = number | name | name "(" expression ")" | "(" expression ")"  }
type
  name = string[16];
  entry = record
    id: name;
    value: real
  end;
var
  line: string;
  at: integer; { the next character of the line }
  failed: boolean;
  vars: array [1..50] of entry;
  nvars: integer;

procedure fail(message: string);
begin
  if not failed then
    writeln('error at ', at, ': ', message);
  failed := true
end;

{ The character at `at`, past blanks; chr(0) at the end. }
function peek: char;
begin
  while (at <= length(line)) and (line[at] = ' ') do
    at := at + 1;
  if at <= length(line) then
    peek := line[at]
  else
    peek := chr(0)
end;

function accept(c: char): boolean;
begin
  accept := peek = c;
  if peek = c then
    at := at + 1
end;

function number: real;
var
  x, scale: real;
begin
  x := 0;
  while peek in ['0'..'9'] do begin
    x := 10 * x + ord(line[at]) - ord('0');
    at := at + 1
  end;
  scale := 1;
  if accept('.') then
    while peek in ['0'..'9'] do begin
      x := 10 * x + ord(line[at]) - ord('0');
      scale := 10 * scale;
      at := at + 1
    end;
  number := x / scale
end;

function identifier: name;
var
  id: name;
begin
  id := '';
  while (at <= length(line)) and (line[at] in ['a'..'z', 'A'..'Z', '0'..'9']) do begin
    id := id + line[at];
    at := at + 1
  end;
  identifier := id
end;

function lookup(id: name): real;
var
  i: integer;
  found: boolean;
begin
  lookup := 0;
  found := false;
  for i := 1 to nvars do
    if vars[i].id = id then begin
      lookup := vars[i].value;
      found := true
    end;
  if not found then
    fail('unknown name ' + id)
end;

procedure define(id: name; x: real);
var
  i: integer;
begin
  i := 1;
  while (i <= nvars) and (vars[i].id <> id) do
    i := i + 1;
  if i > 50 then
    fail('too many names')
  else begin
    if i > nvars then
      nvars := i;
    vars[i].id := id;
    vars[i].value := x
  end
end;

function apply(id: name; x: real): real;
begin
  apply := 0;
  if id = 'sqrt' then begin
    if x < 0 then
      fail('square root of a negative number')
    else
      apply := sqrt(x)
  end else if id = 'sin' then
    apply := sin(x)
  else if id = 'cos' then
    apply := cos(x)
  else if id = 'exp' then
    apply := exp(x)
  else if id = 'ln' then begin
    if x <= 0 then
      fail('logarithm of a number that is not positive')
    else
      apply := ln(x)
  end else if id = 'abs' then
    apply := abs(x)
  else
    fail('unknown function ' + id)
end;

function power(x: real; n: integer): real;
begin
  if n < 0 then
    power := 1 / power(x, -n)
  else if n = 0 then
    power := 1
  else if odd(n) then
    power := x * power(x, n - 1)
  else
    power := sqr(power(x, n div 2))
end;

function expression: real; forward;

function primary: real;
var
  id: name;
  x: real;
begin
  primary := 0;
  if peek in ['0'..'9'] then
    primary := number
  else if peek in ['a'..'z', 'A'..'Z'] then begin
    id := identifier;
    if accept('(') then begin
      x := expression;
      if not accept(')') then
        fail(') expected');
      primary := apply(id, x)
    end else
      primary := lookup(id)
  end else if accept('(') then begin
    primary := expression;
    if not accept(')') then
      fail(') expected')
  end else
    fail('number expected')
end;

function factor: real;
var
  x, y: real;
begin
  if accept('-') then
    factor := -factor()
  else begin
    x := primary;
    if accept('^') then begin
      y := factor();
      if (abs(y) < 1000) and (y = trunc(y)) then
        x := power(x, trunc(y))
      else if x > 0 then
        x := exp(y * ln(x))
      else
        fail('power of a number that is not positive')
    end;
    factor := x
  end
end;

function term: real;
var
  x, y: real;
begin
  x := factor;
  while peek in ['*', '/'] do
    if accept('*') then
      x := x * factor
    else if accept('/') then begin
      y := factor;
      if y = 0 then begin
        fail('division by zero');
        y := 1
      end;
      x := x / y
    end;
  term := x
end;

function expression: real;
var
  x: real;
begin
  x := term;
  while peek in ['+', '-'] do
    if accept('+') then
      x := x + term
    else if accept('-') then
      x := x - term;
  expression := x
end;

procedure statement;
var
  id: name;
  x: real;
begin
  at := 1;
  failed := false;
  id := '';
  if pos('=', line) > 0 then begin
    if peek in ['a'..'z', 'A'..'Z'] then
      id := identifier;
    if (id = '') or not accept('=') then
      fail('name = expression expected')
  end;
  x := expression;
  if peek <> chr(0) then
    fail('end of line expected');
  if not failed then begin
    if id = '' then
      id := 'it';
    define(id, x);
    writeln(id, ' = ', x:0:6)
  end
end;

begin
  nvars := 0;
  define('pi', 3.14159265358979);
  while not eof do begin
    readln(line);
    if line <> '' then
      statement
  end
end.
