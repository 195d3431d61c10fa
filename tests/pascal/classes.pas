(* expect:
TSquare sided 9.00 shape square
42 42 6 1 1
big: TBig large 6.25 shape square
twice int 2
twice int 5
twice str z
TBig shape square TRUE
big: TBig virtual 1.00 shape square
TRUE TRUE FALSE 1.0
twice int 7
big: TBig renamed 16.00 shape square
destroy renamed
destroy large
destroy sided
0
11 18 29 7
handled by THandler for THandler: 5
handled by THandler for THandler: 7
12 0
integer 1
double 1.5
string abc
char c
two 3
integer 0
11x3x3yy
set0
TRUE FALSE
*)
{$mode objfpc}{$H+}{$modeswitch advancedrecords}
program classes1;
type
  TShape = class;
  TShapeClass = class of TShape;
  TShape = class
  private
    FName: string;
    FTag: integer;
    function GetArea: double; virtual; abstract;
    procedure SetTag(v: integer);
    function GetItem(i: integer): integer;
    procedure SetItem(i: integer; v: integer);
  protected
    Items: array of integer;
  public
    class var Count: integer;
    constructor Create(const AName: string); virtual;
    destructor Destroy; override;
    procedure Show; virtual;
    class function Kind: string; virtual;
    property Area: double read GetArea;
    property Name: string read FName write FName;
    property Tag: integer read FTag write SetTag;
    property Item[i: integer]: integer read GetItem write SetItem; default;
  end;
  TSquare = class(TShape)
    Side: double;
    constructor Create(const AName: string); override;
    constructor CreateSide(s: double);
    function GetArea: double; override;
    class function Kind: string; override;
  end;
  TBig = class(TSquare)
    procedure Show; override;
    procedure Twice(n: integer = 2); overload;
    procedure Twice(const s: string); overload;
  end;
  TPoint = record
    x, y: integer;
    procedure Add(const p: TPoint);
    function Len: integer;
    class function Make(ax, ay: integer): TPoint; static;
  end;
  TNotify = procedure(sender: TObject; n: integer) of object;
  THandler = class
    Sum: integer;
    OnThing: TNotify;
    procedure Handle(sender: TObject; n: integer);
    procedure Fire(n: integer);
  end;

constructor TShape.Create(const AName: string);
begin
  FName := AName;
  inc(Count);
  SetLength(Items, 3);
end;
destructor TShape.Destroy;
begin
  writeln('destroy ', FName);
  dec(Count);
  inherited Destroy;
end;
procedure TShape.SetTag(v: integer);
begin
  FTag := v * 2;
end;
function TShape.GetItem(i: integer): integer;
begin
  Result := Items[i];
end;
procedure TShape.SetItem(i: integer; v: integer);
begin
  Items[i] := v + 1;
end;
procedure TShape.Show;
begin
  writeln(ClassName, ' ', Name, ' ', Area:0:2, ' ', Kind);
end;
class function TShape.Kind: string;
begin
  Result := 'shape';
end;
constructor TSquare.Create(const AName: string);
begin
  inherited;
  Side := 1;
end;
constructor TSquare.CreateSide(s: double);
begin
  Create('sided');
  Side := s;
end;
function TSquare.GetArea: double;
begin
  Result := Side * Side;
end;
class function TSquare.Kind: string;
begin
  Result := inherited Kind + ' square';
end;
procedure TBig.Show;
begin
  write('big: ');
  inherited Show;
end;
procedure TBig.Twice(n: integer);
begin
  writeln('twice int ', n);
end;
procedure TBig.Twice(const s: string);
begin
  writeln('twice str ', s);
end;
procedure TPoint.Add(const p: TPoint);
begin
  x := x + p.x;
  inc(y, p.y);
end;
function TPoint.Len: integer;
begin
  Len := abs(x) + abs(self.y);
end;
class function TPoint.Make(ax, ay: integer): TPoint;
begin
  Result.x := ax; Result.y := ay;
end;
procedure THandler.Handle(sender: TObject; n: integer);
begin
  Sum := Sum + n;
  writeln('handled by ', ClassName, ' for ', sender.ClassName, ': ', n);
end;
procedure THandler.Fire(n: integer);
begin
  if Assigned(OnThing) then OnThing(Self, n);
end;
procedure over(i: integer); overload;
begin writeln('integer ', i) end;
procedure over(d: double); overload;
begin writeln('double ', d:0:1) end;
procedure over(const s: string); overload;
begin writeln('string ', s) end;
procedure over(c: char); overload;
begin writeln('char ', c) end;
procedure over(a, b: integer); overload;
begin writeln('two ', a + b) end;
function defaults(a: integer; b: integer = 10; const s: string = 'x'): string;
begin
  str(a + b, result);
  result := result + s;
end;
procedure outs(out s: string; out n: integer);
begin
  n := length(s);
  s := s + 'set';
end;
var
  s: TShape; q: TSquare; b: TBig; c: TShapeClass; p, p2: TPoint; h, h2: THandler; m: TNotify; i: integer; st: string;
begin
  q := TSquare.CreateSide(3);
  s := q;
  s.Show;
  s.Tag := 21;
  s[1] := 41; s.Item[2] := 5;
  writeln(s.Tag, ' ', s[1], ' ', s.Item[2], ' ', s.Count, ' ', TShape.Count);
  b := TBig.Create('large');
  b.Side := 2.5;
  b.Show;
  b.Twice; b.Twice(5); b.Twice('z');
  c := TBig;
  writeln(c.ClassName, ' ', c.Kind, ' ', c.InheritsFrom(TShape));
  s := c.Create('virtual');
  s.Show;
  writeln(s is TBig, ' ', s is TSquare, ' ', q is TBig, ' ', (s as TSquare).Side:0:1);
  TBig(s).Twice(7);
  with s as TBig do begin Name := 'renamed'; Side := 4; Show end;
  s.Free; b.Free; q.Free;
  writeln(TShape.Count);
  p.x := 1; p.y := -2;
  p2 := TPoint.Make(10, 20);
  p.Add(p2);
  writeln(p.x, ' ', p.y, ' ', p.Len, ' ', TPoint.Make(3, 4).Len);
  h := THandler.Create; h2 := THandler.Create;
  h.OnThing := @h2.Handle;
  h.Fire(5);
  m := h.OnThing;
  m(h, 7);
  writeln(h2.Sum, ' ', h.Sum);
  over(1); over(1.5); over('abc'); over('c'); over(1, 2); over(i);
  writeln(defaults(1), defaults(1, 2), defaults(1, 2, 'yy'));
  st := 'before'; outs(st, i); writeln(st, i);
  h.Free; h2.Free;
  s := nil;
  writeln(s = nil, ' ', s <> nil);
end.
