program lisp;
{ A small Lisp: reads expressions from the input and writes their values.

  Special forms: quote (or '), if, lambda, define.  Functions: + - * div mod < = eq car cdr
  cons list null atom print.  Numbers, symbols, lists; t and nil are true and false.  A cell once made stays. }
type
  kind = (number, symbol, pair, closure, native);
  native_op = (op_add, op_sub, op_mul, op_div, op_mod, op_less, op_same, op_eq, op_car, op_cdr, op_cons, op_list,
    op_null, op_atom, op_print);
  name = string[20];
  value = ^cell;
  cell = record
    case what: kind of
      number: (num: int64);
      symbol: (id: integer);
      pair: (head, tail: value);
      closure: (params, body, scope: value);
      native: (op: native_op)
  end;
var
  names: array [1..500] of name;
  nnames: integer;
  void, yes, globals: value;
  ch: char;           { the character ahead; chr(0) at the end of the input }
  s_quote, s_if, s_lambda, s_define: integer;
  failed: boolean;    { after an error everything is nil until the next expression }

procedure fail(why: string);
begin
  if not failed then
    writeln('error: ', why);
  failed := true
end;

{ ---- making values ---- }

function make(k: kind): value;
var
  v: value;
begin
  new(v);
  v^.what := k;
  make := v
end;

function make_number(n: int64): value;
var
  v: value;
begin
  v := make(number);
  v^.num := n;
  make_number := v
end;

function make_pair(a, b: value): value;
var
  v: value;
begin
  v := make(pair);
  v^.head := a;
  v^.tail := b;
  make_pair := v
end;

function intern(s: name): integer;
var
  i: integer;
begin
  i := 1;
  while (i <= nnames) and (names[i] <> s) do
    i := i + 1;
  if i > nnames then begin
    nnames := i;
    names[i] := s
  end;
  intern := i
end;

function make_symbol(id: integer): value;
var
  v: value;
begin
  v := make(symbol);
  v^.id := id;
  make_symbol := v
end;

{ ---- reading ---- }

procedure advance;
begin
  if eof then
    ch := chr(0)
  else if eoln then begin
    readln;
    ch := ' '
  end else
    read(ch)
end;

procedure skip;
begin
  while ch in [' ', chr(9), ';'] do
    if ch = ';' then begin
      readln;
      ch := ' '
    end else
      advance
end;

function read_value: value; forward;

function read_list: value;
var
  first: value;
begin
  skip;
  if ch = ')' then begin
    advance;
    read_list := void
  end else if ch = chr(0) then begin
    fail('the input ends inside a list');
    read_list := void
  end else begin
    first := read_value;
    read_list := make_pair(first, read_list())
  end
end;

function read_atom: value;
var
  s: name;
  n: int64;
  i: integer;
  digits: boolean;
begin
  s := '';
  while not (ch in [' ', '(', ')', chr(9), chr(0), '''']) do begin
    s := s + ch;
    advance
  end;
  n := 0;
  digits := s <> '-';
  for i := 1 to length(s) do
    if s[i] in ['0'..'9'] then
      n := 10 * n + ord(s[i]) - ord('0')
    else if (i > 1) or (s[i] <> '-') then
      digits := false;
  if digits then begin
    if s[1] = '-' then
      n := -n;
    read_atom := make_number(n)
  end else if s = 'nil' then
    read_atom := void
  else
    read_atom := make_symbol(intern(s))
end;

function read_value: value;
begin
  skip;
  if ch = '(' then begin
    advance;
    read_value := read_list
  end else if ch = '''' then begin
    advance;
    read_value := make_pair(make_symbol(s_quote), make_pair(read_value(), void))
  end else if ch = ')' then begin
    fail('a ) too many');
    advance;
    read_value := void
  end else
    read_value := read_atom
end;

{ ---- writing ---- }

procedure print(v: value);
begin
  if v = void then
    write('nil')
  else
    case v^.what of
      number: write(v^.num);
      symbol: write(names[v^.id]);
      closure: write('<lambda>');
      native: write('<function>');
      pair: begin
        write('(');
        print(v^.head);
        v := v^.tail;
        while v <> void do
          if v^.what = pair then begin
            write(' ');
            print(v^.head);
            v := v^.tail
          end else begin
            write(' . ');
            print(v);
            v := void
          end;
        write(')')
      end
    end
end;

{ ---- evaluating ---- }

function car(v: value): value;
begin
  car := void;
  if v <> void then
    if v^.what = pair then
      car := v^.head
    else
      fail('car of an atom')
end;

function cdr(v: value): value;
begin
  cdr := void;
  if v <> void then
    if v^.what = pair then
      cdr := v^.tail
    else
      fail('cdr of an atom')
end;

function numeric(v: value): int64;
begin
  numeric := 0;
  if v = void then
    fail('a number is expected')
  else if v^.what <> number then
    fail('a number is expected')
  else
    numeric := v^.num
end;

function truth(b: boolean): value;
begin
  if b then
    truth := yes
  else
    truth := void
end;

{ A scope is a list of pairs (symbol . value), inner ones first; the global ones hang at its end. }
function find(id: integer; scope: value): value;
begin
  while (scope <> void) and (scope^.head^.head^.id <> id) do
    scope := scope^.tail;
  if scope = void then
    find := void
  else
    find := scope^.head
end;

function lookup(id: integer; scope: value): value;
var
  p: value;
begin
  p := find(id, scope);
  if p = void then
    p := find(id, globals);
  lookup := void;
  if p = void then
    fail('unknown name ' + names[id])
  else
    lookup := p^.tail
end;

procedure define(id: integer; v: value);
var
  p: value;
begin
  p := find(id, globals);
  if p <> void then
    p^.tail := v
  else
    globals := make_pair(make_pair(make_symbol(id), v), globals)
end;

function same(a, b: value): boolean;
begin
  if (a = void) or (b = void) then
    same := a = b
  else if a^.what <> b^.what then
    same := false
  else if a^.what = number then
    same := a^.num = b^.num
  else if a^.what = symbol then
    same := a^.id = b^.id
  else
    same := a = b
end;

function divided(a, b: int64; rest: boolean): int64;
begin
  divided := 0;
  if b = 0 then
    fail('division by zero')
  else if rest then
    divided := a mod b
  else
    divided := a div b
end;

{ + and * take any number of arguments. }
function fold(op: native_op; args: value): int64;
var
  n: int64;
begin
  n := ord(op = op_mul);
  while (args <> void) and not failed do begin
    if op = op_add then
      n := n + numeric(car(args))
    else
      n := n * numeric(car(args));
    args := cdr(args)
  end;
  fold := n
end;

function apply_native(op: native_op; args: value): value;
var
  a, b: value;
begin
  a := car(args);
  b := car(cdr(args));
  apply_native := void;
  if not failed then
    case op of
      op_add, op_mul: apply_native := make_number(fold(op, args));
      op_sub: apply_native := make_number(numeric(a) - numeric(b));
      op_div: apply_native := make_number(divided(numeric(a), numeric(b), false));
      op_mod: apply_native := make_number(divided(numeric(a), numeric(b), true));
      op_less: apply_native := truth(numeric(a) < numeric(b));
      op_same: apply_native := truth(numeric(a) = numeric(b));
      op_eq: apply_native := truth(same(a, b));
      op_car: apply_native := car(a);
      op_cdr: apply_native := cdr(a);
      op_cons: apply_native := make_pair(a, b);
      op_list: apply_native := args;
      op_null: apply_native := truth(a = void);
      op_atom:
        if a = void then
          apply_native := yes
        else
          apply_native := truth(a^.what <> pair);
      op_print: begin
        print(a);
        writeln;
        apply_native := a
      end
    end
end;

function eval(v, scope: value): value; forward;

function eval_list(v, scope: value): value;
var
  first: value;
begin
  if (v = void) or failed then
    eval_list := void
  else begin
    first := eval(car(v), scope);
    eval_list := make_pair(first, eval_list(cdr(v), scope))
  end
end;

function apply(f, args: value): value;
var
  scope, p: value;
begin
  apply := void;
  if f = void then
    fail('nil is no function')
  else if f^.what = native then
    apply := apply_native(f^.op, args)
  else if f^.what = closure then begin
    scope := f^.scope;
    p := f^.params;
    while (p <> void) and not failed do begin
      scope := make_pair(make_pair(car(p), car(args)), scope);
      p := cdr(p);
      args := cdr(args)
    end;
    apply := eval(f^.body, scope)
  end else
    fail('that is no function')
end;

function is_form(v: value; id: integer): boolean;
begin
  is_form := false;
  if v^.head <> void then
    if v^.head^.what = symbol then
      is_form := v^.head^.id = id
end;

function eval_form(v, scope: value): value;
var
  c, f: value;
begin
  eval_form := void;
  if is_form(v, s_quote) then
    eval_form := car(cdr(v))
  else if is_form(v, s_if) then begin
    c := eval(car(cdr(v)), scope);
    if failed then
      c := void
    else if c <> void then
      eval_form := eval(car(cdr(cdr(v))), scope)
    else
      eval_form := eval(car(cdr(cdr(cdr(v)))), scope)
  end else if is_form(v, s_lambda) then begin
    c := make(closure);
    c^.params := car(cdr(v));
    c^.body := car(cdr(cdr(v)));
    c^.scope := scope;
    eval_form := c
  end else if is_form(v, s_define) then begin
    c := eval(car(cdr(cdr(v))), scope);
    if not failed then
      define(car(cdr(v))^.id, c);
    eval_form := car(cdr(v))
  end else begin
    f := eval(v^.head, scope);
    c := eval_list(v^.tail, scope);
    if not failed then
      eval_form := apply(f, c)
  end
end;

function eval(v, scope: value): value;
begin
  eval := void;
  if (v <> void) and not failed then
    case v^.what of
      number, closure, native: eval := v;
      symbol: eval := lookup(v^.id, scope);
      pair: eval := eval_form(v, scope)
    end
end;

{ ---- starting ---- }

procedure builtin(s: name; op: native_op);
var
  v: value;
begin
  v := make(native);
  v^.op := op;
  define(intern(s), v)
end;

procedure start;
begin
  nnames := 0;
  void := nil;
  globals := void;
  s_quote := intern('quote');
  s_if := intern('if');
  s_lambda := intern('lambda');
  s_define := intern('define');
  yes := make_symbol(intern('t'));
  define(intern('t'), yes);
  builtin('+', op_add);
  builtin('-', op_sub);
  builtin('*', op_mul);
  builtin('div', op_div);
  builtin('mod', op_mod);
  builtin('<', op_less);
  builtin('=', op_same);
  builtin('eq', op_eq);
  builtin('car', op_car);
  builtin('cdr', op_cdr);
  builtin('cons', op_cons);
  builtin('list', op_list);
  builtin('null', op_null);
  builtin('atom', op_atom);
  builtin('print', op_print)
end;

procedure repl;
var
  v: value;
begin
  advance;
  skip;
  while ch <> chr(0) do begin
    failed := false;
    v := eval(read_value(), void);
    if not failed then begin
      print(v);
      writeln
    end;
    skip
  end
end;

begin
  start;
  repl
end.
