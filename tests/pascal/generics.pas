(* expect:
1Ax 4Bx 9Cx 16Dx 25Ex TRUEFALSE
7->seven1
seven->72
9abd
whyex
1.52
*)
{$mode objfpc}{$H+}{$modeswitch advancedrecords}
program gen1;
type
  generic TList<T> = class
  private
    type
      PNode = ^TNode;
      TNode = record
        value: T;
        next: PNode;
      end;
    var
      first, last: PNode;
      FCount: integer;
  public
    procedure Add(const v: T);
    function Get(i: integer): T;
    function Has(const v: T): boolean;
    destructor Destroy; override;
    property Count: integer read FCount;
    property Items[i: integer]: T read Get; default;
  end;
  generic TPair<K, V> = record
    key: K;
    value: V;
    procedure Show(n: integer);
  end;
  generic TArr<T> = array of T;
  TIntList = specialize TList<integer>;
  TStrList = specialize TList<string>;
  TIS = specialize TPair<integer, string>;
  TSI = specialize TPair<string, integer>;

procedure TList.Add(const v: T);
var n: PNode;
begin
  new(n);
  n^.value := v;
  n^.next := nil;
  if first = nil then first := n else last^.next := n;
  last := n;
  inc(FCount);
end;
function TList.Get(i: integer): T;
var n: PNode;
begin
  n := first;
  while i > 0 do begin n := n^.next; dec(i) end;
  result := n^.value;
end;
function TList.Has(const v: T): boolean;
var n: PNode;
begin
  n := first;
  while n <> nil do begin
    if n^.value = v then exit(true);
    n := n^.next;
  end;
  result := false;
end;
destructor TList.Destroy;
var n: PNode;
begin
  while first <> nil do begin
    n := first;
    first := n^.next;
    dispose(n);
  end;
  inherited;
end;
procedure TPair.Show(n: integer);
begin
  writeln(key, '->', value, n);
end;
generic function Max<T>(a, b: T): T;
begin
  if a > b then result := a else result := b;
end;
generic procedure Exchange<T>(var a, b: T);
var t1: T;
begin
  t1 := a; a := b; b := t1;
end;
type TDoubles = specialize TArr<double>;
var a: TIntList; b: TStrList; p: TIS; q: TSI; i: integer; d: TDoubles; x, y: string;
begin
  a := TIntList.Create; b := TStrList.Create;
  for i := 1 to 5 do begin a.Add(i * i); b.Add(chr(64 + i) + 'x') end;
  for i := 0 to a.Count - 1 do write(a[i], b[i], ' ');
  writeln(a.Has(16), b.Has('zz'));
  p.key := 7; p.value := 'seven';
  p.Show(1); q.key := p.value; q.value := p.key; q.Show(2);
  writeln(specialize Max<integer>(3, 9), specialize Max<string>('abc', 'abd'));
  x := 'ex'; y := 'why';
  specialize Exchange<string>(x, y);
  writeln(x, y);
  setlength(d, 2); d[1] := 1.5; writeln(d[1]:0:1, length(d));
  a.Free; b.Free;
end.
