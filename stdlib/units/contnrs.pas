{ contnrs: lists that own objects, stacks and queues. }
unit contnrs;
{$mode objfpc}{$H+}
interface
uses classes;
type
  TObjectList = class(TList)
  private
    fowns: boolean;
    function getobject(i: integer): TObject;
    procedure setobject(i: integer; o: TObject);
  protected
    procedure removed(p: pointer); override;
  public
    constructor create(owns: boolean = true);
    property ownsobjects: boolean read fowns write fowns;
    property items[i: integer]: TObject read getobject write setobject; default;
  end;
  TFPObjectList = class(TObjectList);
  TStack = class(TObject)
  private
    flist: TList;
  public
    constructor create;
    destructor destroy; override;
    function count: integer;
    procedure push(p: pointer);
    function pop: pointer;
    function peek: pointer;
  end;
  TQueue = class(TStack)
    function pop_first: pointer;
  end;
implementation

constructor TObjectList.create(owns: boolean);
begin
  fowns := owns
end;

procedure TObjectList.removed(p: pointer);
begin
  if fowns then TObject(p).free
end;

function TObjectList.getobject(i: integer): TObject;
begin
  result := TObject(inherited items[i])
end;

procedure TObjectList.setobject(i: integer; o: TObject);
begin
  if fowns then getobject(i).free;
  inherited put(i, o)
end;

constructor TStack.create;
begin
  flist := TList.create
end;

destructor TStack.destroy;
begin
  flist.free;
  inherited destroy
end;

function TStack.count: integer;
begin
  result := flist.count
end;

procedure TStack.push(p: pointer);
begin
  flist.add(p)
end;

function TStack.pop: pointer;
begin
  result := flist.last;
  if flist.count > 0 then flist.delete(flist.count - 1)
end;

function TStack.peek: pointer;
begin
  result := flist.last
end;

function TQueue.pop_first: pointer;
begin
  result := flist.first;
  if flist.count > 0 then flist.delete(0)
end;

end.
