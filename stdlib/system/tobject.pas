{ tobject: what every class descends from.  compiler/gen_class.c tells what stands in a class's table. }
type
  TObject = class;
  tclass = class of tobject;
  TObject = class
    constructor create;
    destructor destroy; virtual;
    procedure free;
    class function classname: shortstring;
    class function classtype: tclass;
    class function classparent: tclass;
    class function instancesize: integer;
    class function inheritsfrom(c: tclass): boolean;
    class function classnameis(const n: shortstring): boolean;
    function tostring: ansistring; virtual;
    function equals(obj: tobject): boolean; virtual;
    function gethashcode: integer; virtual;
    procedure afterconstruction; virtual;
    procedure beforedestruction; virtual;
  end;

constructor tobject.create;
begin
end;

destructor tobject.destroy;
begin
end;

procedure tobject.free;
begin
  if self <> nil then destroy
end;

class function tobject.classname: shortstring;
begin
  classname := pshortstring(ppointer(pointer(self) + 8)^)^
end;

class function tobject.classtype: tclass;
begin
  classtype := self
end;

class function tobject.classparent: tclass;
begin
  classparent := tclass(ppointer(pointer(self) + 4)^)
end;

class function tobject.instancesize: integer;
begin
  instancesize := pinteger(self)^
end;

class function tobject.inheritsfrom(c: tclass): boolean;
var at: tclass;
begin
  at := self;
  while (at <> nil) and (at <> c) do
    at := tclass(ppointer(pointer(at) + 4)^);
  inheritsfrom := at <> nil
end;

class function tobject.classnameis(const n: shortstring): boolean;
var own: shortstring; i: integer;
begin
  own := pshortstring(ppointer(pointer(self) + 8)^)^;
  classnameis := length(own) = length(n);
  for i := 1 to length(n) do
    if (i <= length(own)) and (upcase(own[i]) <> upcase(n[i])) then classnameis := false
end;

function tobject.tostring: ansistring;
begin
  tostring := classname
end;

function tobject.equals(obj: tobject): boolean;
begin
  equals := obj = self
end;

function tobject.gethashcode: integer;
begin
  gethashcode := integer(pointer(self))
end;

procedure tobject.afterconstruction;
begin
end;

procedure tobject.beforedestruction;
begin
end;
