(* expect:
no exception 0 local0local0
f0 f1 f2 fine 0
f0 f1 f2 one: one local1local1
f0 f1 f2 something else
f0 f1 f2 three: three
start1f2ff!
start1f2ff end!
start1f2ff4f5f end!
start1f2f3f4f5f end!
outer got EOne inner
113
second
right: passes
live 0
a-b-c-
5 6 7 xyz 1 7 200
heo!
i=1
fin 1
fin 2
i=3
fin 3
0
*)
{ status: 217 }
{$mode objfpc}{$H+}
program except1;
type
  EBase = class
    Msg: string;
    constructor Create(const s: string);
    destructor Destroy; override;
  end;
  EOne = class(EBase) end;
  ETwo = class(EBase);
  EThree = class(EOne) end;
var live: integer = 0;
constructor EBase.Create(const s: string);
begin Msg := s; inc(live) end;
destructor EBase.Destroy;
begin dec(live); inherited end;

procedure thrower(n: integer);
var s: string; a: array of string;
begin
  s := 'local' + chr(48 + n);
  setlength(a, 3);
  a[1] := s + s;
  case n of
    1: raise EOne.Create('one ' + a[1]);
    2: raise ETwo.Create('two');
    3: raise EThree.Create('three');
  end;
  writeln('no exception ', n, ' ', a[1]);
end;
procedure deep(n, d: integer);
begin
  try
    if d > 0 then deep(n, d - 1) else thrower(n);
  finally
    write('f', d, ' ');
  end;
end;
function early(n: integer): string;
var i: integer;
begin
  result := 'start';
  try
    for i := 1 to 5 do
      try
        if i = n then exit;
        if i = n + 10 then break;
        if i = n + 20 then continue;
        result := result + chr(48 + i);
      finally
        result := result + 'f';
      end;
    result := result + ' end';
  finally
    result := result + '!';
  end;
end;
function nested: integer;
begin
  result := 0;
  try
    try
      raise EOne.Create('inner');
    except
      on e: EOne do begin
        result := result + 1;
        try
          raise ETwo.Create('from handler');
        except
          on t: ETwo do result := result + length(t.Msg);
        end;
        raise;
      end;
    end;
  except
    on e: EBase do begin writeln('outer got ', e.ClassName, ' ', e.Msg); exit(result + 100) end;
  end;
end;
procedure replace;
begin
  try
    raise EOne.Create('first');
  except
    raise ETwo.Create('second');
  end;
end;
var i: integer; e: EBase; k: string; st: set of byte; d: array of integer; fixed: array [3..5] of char = ('x', 'y', 'z');
  c: (red, green, blue) ; ch: char;
begin
  for i := 0 to 3 do
    try
      deep(i, 2);
      writeln('fine ', i);
    except
      on e: EThree do writeln('three: ', e.Msg);
      on e: EOne do writeln('one: ', e.Msg);
      else writeln('something else');
    end;
  writeln(early(3)); writeln(early(-7)); writeln(early(-17)); writeln(early(99));
  writeln(nested);
  try replace except on x: EBase do writeln(x.Msg) end;
  try
    try raise ETwo.Create('passes') except on e: EOne do writeln('wrong') end;
  except
    on e: ETwo do writeln('right: ', e.Msg);
  end;
  writeln('live ', live);
  for ch in 'abc' do write(ch, '-');
  writeln;
  setlength(d, 3); d[0] := 5; d[1] := 6; d[2] := 7;
  for i in d do write(i, ' ');
  for ch in fixed do write(ch);
  st := [1, 7, 200];
  for i in st do write(' ', i);
  writeln;
  k := 'hello';
  for ch in k + '!' do begin if ch = 'l' then continue; write(ch) end;
  writeln;
  for i := 1 to 3 do begin
    try
      if i = 2 then continue;
      writeln('i=', i);
    finally
      writeln('fin ', i);
    end;
  end;
  e := EOne.Create('plain'); e.Free;
  writeln(live);
  raise ETwo.Create('last');
end.
