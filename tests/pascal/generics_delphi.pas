(* expect:
bc1302.5
1 2 5 7 9 apple fig pear 
*)
{$mode delphi}
program gen2;
type
  TStack<T> = class
  private
    FItems: array of T;
    FCount: Integer;
  public
    procedure Push(const v: T);
    function Pop: T;
    property Count: Integer read FCount;
  end;
  TBox<T> = record
    v: T;
  end;
  TFn<T> = function(const a, b: T): Integer;
  TSorter<T> = class
    class procedure Sort(var a: array of T; f: TFn<T>);
  end;
procedure TStack<T>.Push(const v: T);
begin
  if FCount = Length(FItems) then SetLength(FItems, FCount * 2 + 1);
  FItems[FCount] := v;
  Inc(FCount);
end;
function TStack<T>.Pop: T;
begin
  Dec(FCount);
  Result := FItems[FCount];
end;
class procedure TSorter<T>.Sort(var a: array of T; f: TFn<T>);
var i, j: Integer; t1: T;
begin
  for i := 0 to High(a) do
    for j := i + 1 to High(a) do
      if f(a[j], a[i]) < 0 then begin t1 := a[i]; a[i] := a[j]; a[j] := t1 end;
end;
function CmpInt(const a, b: Integer): Integer;
begin
  Result := a - b;
end;
function CmpStr(const a, b: string): Integer;
begin
  if a < b then Result := -1 else if a > b then Result := 1 else Result := 0;
end;
var s: TStack<string>; n: TStack<Integer>; b: TBox<Double>; a: array [0..4] of Integer = (5, 2, 9, 1, 7); w: array of string; i: Integer;
begin
  s := TStack<string>.Create;
  n := TStack<Integer>.Create;
  s.Push('a'); s.Push('b' + 'c'); n.Push(3);
  b.v := 2.5;
  Writeln(s.Pop, s.Count, n.Pop, n.Count, b.v:0:1);
  TSorter<Integer>.Sort(a, CmpInt);
  for i in a do Write(i, ' ');
  SetLength(w, 3); w[0] := 'pear'; w[1] := 'apple'; w[2] := 'fig';
  TSorter<string>.Sort(w, CmpStr);
  for i := 0 to 2 do Write(w[i], ' ');
  Writeln;
  s.Free; n.Free;
end.
