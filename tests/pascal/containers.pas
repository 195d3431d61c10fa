(* expect:
0 1 2 3 4 2
5TRUE
4
5 2 3 3 TRUE
Apple
fig=3
kiwi
obj
pear
Apple,fig=3,kiwi,obj,pear
3abcTRUE2
[one][two words][three][][q"q]
one;"two words";three;;"q""q"
List index (77) out of bounds
5TRUE
20
~10 ~30 ~20 
4 4 2 2 1 1 441
66-12y
4 4 10
worldhello world
*)
{$mode objfpc}{$H+}
program cl;
uses sysutils, classes, contnrs, fgl;
type
  TNum = class
    n: integer;
    constructor Create(an: integer);
    destructor Destroy; override;
  end;
  TIntList = specialize TFPGList<integer>;
  TMap = specialize TFPGMap<string, integer>;
constructor TNum.Create(an: integer); begin n := an end;
destructor TNum.Destroy; begin write('~', n, ' '); inherited end;
function byint(const a, b: integer): integer; begin result := b - a end;
function cmp(a, b: pointer): integer; begin result := TNum(a).n - TNum(b).n end;
var l: TList; s, t: TStringList; i: integer; o: TObjectList; g: TIntList; m: TMap; x: string; ms: TMemoryStream; ss: TStringStream; b: byte;
begin
  l := TList.Create;
  for i := 1 to 5 do l.Add(TNum.Create(i * 7 mod 5));
  l.Sort(@cmp);
  for i := 0 to l.Count - 1 do write(TNum(l[i]).n, ' ');
  writeln(l.IndexOf(l[2]));
  l.Delete(1); l.Exchange(0, 2); l.Insert(1, nil); writeln(l.Count, l[1] = nil); l.Pack; writeln(l.Count);
  s := TStringList.Create;
  s.Add('pear'); s.Add('Apple'); s.Add('fig=3'); s.Insert(1, 'kiwi');
  s.AddObject('obj', l);
  writeln(s.Count, ' ', s.IndexOf('apple'), ' ', s.Values['fig'], ' ', s.IndexOfName('fig'), ' ', s.Objects[4] = l);
  s.Sort;
  write(s.Text);
  writeln(s.CommaText);
  t := TStringList.Create;
  t.Sorted := true; t.Duplicates := dupIgnore;
  t.Add('b'); t.Add('a'); t.Add('b'); t.Add('c');
  writeln(t.Count, t[0], t[1], t[2], t.Find('c', i), i);
  t.Sorted := false;
  t.CommaText := 'one,"two words",three,,"q""q"';
  for x in t do write('[', x, ']');
  writeln;
  t.Delimiter := ';'; writeln(t.DelimitedText);
  try writeln(s[77]) except on e: EStringListError do writeln(e.Message) end;
  t.Assign(s); writeln(t.Count, t.Equals(s));
  o := TObjectList.Create;
  for i := 1 to 3 do o.Add(TNum.Create(i * 10));
  writeln(TNum(o[1]).n); o.Delete(0); o.Free; writeln;
  g := TIntList.Create;
  for i := 1 to 6 do g.Add(i * i mod 7);
  g.Sort(@byint);
  for i := 0 to g.Count - 1 do write(g[i], ' ');
  writeln(g.IndexOf(1), g.First, g.Last);
  m := TMap.Create;
  m['x'] := 5; m.Add('y', 6); m['x'] := m['x'] + 1;
  writeln(m['x'], m['y'], m.IndexOf('zz'), m.Count, m.Keys[1]);
  ms := TMemoryStream.Create;
  for b := 1 to 10 do ms.WriteByte(b);
  ms.Position := 3; writeln(ms.ReadByte, ' ', ms.Position, ' ', ms.Size);
  ss := TStringStream.Create('hello world');
  ss.Position := 6; writeln(ss.ReadString(5), ss.DataString);
end.
