{ fgl: generic lists and maps. }
unit fgl;
{$mode objfpc}{$H+}
interface
uses sysutils, classes;
type
  generic TFPGList<T> = class(TObject)
  private
    fitems: array of T;
    fcount: integer;
    function get(i: integer): T;
    procedure put(i: integer; const v: T);
    procedure check(i: integer);
    procedure setcount(n: integer);
  public
    type
      tcompare = function(const a, b: T): integer;
    function add(const v: T): integer;
    procedure clear;
    procedure delete(i: integer);
    procedure exchange(i, j: integer);
    function first: T;
    function last: T;
    function indexof(const v: T): integer;
    procedure insert(i: integer; const v: T);
    function remove(const v: T): integer;
    procedure sort(compare: tcompare);
    property count: integer read fcount write setcount;
    property items[i: integer]: T read get write put; default;
  end;
  generic TFPGMap<K, D> = class(TObject)
  private
    fkeys: array of K;
    fdata: array of D;
    fcount: integer;
    fsorted: boolean;
    function getkey(i: integer): K;
    function getdata(i: integer): D;
    procedure setdata(i: integer; const v: D);
    function getof(const key: K): D;
    procedure setof(const key: K; const v: D);
    procedure setsorted(b: boolean);
    function place(const key: K; out i: integer): boolean;
  public
    function add(const key: K; const v: D): integer;
    procedure clear;
    procedure delete(i: integer);
    function find(const key: K; out i: integer): boolean;
    function indexof(const key: K): integer;
    function remove(const key: K): integer;
    function trygetdata(const key: K; out v: D): boolean;
    procedure addorsetdata(const key: K; const v: D);
    property count: integer read fcount;
    property keys[i: integer]: K read getkey;
    property data[i: integer]: D read getdata write setdata;
    property keydata[const key: K]: D read getof write setof; default;
    property sorted: boolean read fsorted write setsorted;
  end;
implementation

procedure TFPGList.check(i: integer);
begin
  if (i < 0) or (i >= fcount) then
    raise EListError.createfmt('List index (%d) out of bounds', [i])
end;

function TFPGList.get(i: integer): T;
begin
  check(i);
  result := fitems[i]
end;

procedure TFPGList.put(i: integer; const v: T);
begin
  check(i);
  fitems[i] := v
end;

procedure TFPGList.setcount(n: integer);
begin
  setlength(fitems, n);
  fcount := n
end;

function TFPGList.add(const v: T): integer;
begin
  if fcount = length(fitems) then setlength(fitems, fcount + fcount div 2 + 4);
  result := fcount;
  fitems[result] := v;
  inc(fcount)
end;

procedure TFPGList.clear;
begin
  setlength(fitems, 0);
  fcount := 0
end;

procedure TFPGList.delete(i: integer);
var k: integer;
begin
  check(i);
  for k := i to fcount - 2 do fitems[k] := fitems[k + 1];
  dec(fcount)
end;

procedure TFPGList.exchange(i, j: integer);
var v: T;
begin
  v := get(i);
  fitems[i] := get(j);
  fitems[j] := v
end;

function TFPGList.first: T;
begin
  result := get(0)
end;

function TFPGList.last: T;
begin
  result := get(fcount - 1)
end;

function TFPGList.indexof(const v: T): integer;
begin
  for result := 0 to fcount - 1 do
    if fitems[result] = v then exit;
  result := -1
end;

procedure TFPGList.insert(i: integer; const v: T);
var k: integer;
begin
  add(v);
  for k := fcount - 1 downto i + 1 do fitems[k] := fitems[k - 1];
  fitems[i] := v
end;

function TFPGList.remove(const v: T): integer;
begin
  result := indexof(v);
  if result >= 0 then delete(result)
end;

procedure TFPGList.sort(compare: tcompare);

  procedure quick(lo, hi: integer);
  var i, j: integer; middle, v: T;
  begin
    i := lo;
    j := hi;
    middle := fitems[(lo + hi) div 2];
    repeat
      while compare(fitems[i], middle) < 0 do inc(i);
      while compare(middle, fitems[j]) < 0 do dec(j);
      if i <= j then begin
        v := fitems[i];
        fitems[i] := fitems[j];
        fitems[j] := v;
        inc(i);
        dec(j)
      end
    until i > j;
    if lo < j then quick(lo, j);
    if i < hi then quick(i, hi)
  end;

begin
  if fcount > 1 then quick(0, fcount - 1)
end;

{ Where the key is, or would be. }
function TFPGMap.place(const key: K; out i: integer): boolean;
var lo, hi, middle: integer;
begin
  lo := 0;
  hi := fcount - 1;
  if not fsorted then begin
    i := 0;
    while (i < fcount) and (fkeys[i] <> key) do inc(i);
    exit(i < fcount)
  end;
  while lo <= hi do begin
    middle := (lo + hi) div 2;
    if fkeys[middle] < key then lo := middle + 1 else hi := middle - 1
  end;
  i := lo;
  result := (lo < fcount) and (fkeys[lo] = key)
end;

function TFPGMap.add(const key: K; const v: D): integer;
var n: integer;
begin
  if not fsorted then result := fcount
  else if place(key, result) then begin
    fdata[result] := v;
    exit
  end;
  if fcount = length(fkeys) then begin
    setlength(fkeys, fcount + fcount div 2 + 4);
    setlength(fdata, length(fkeys))
  end;
  for n := fcount downto result + 1 do begin
    fkeys[n] := fkeys[n - 1];
    fdata[n] := fdata[n - 1]
  end;
  fkeys[result] := key;
  fdata[result] := v;
  inc(fcount)
end;

procedure TFPGMap.clear;
begin
  setlength(fkeys, 0);
  setlength(fdata, 0);
  fcount := 0
end;

procedure TFPGMap.delete(i: integer);
var n: integer;
begin
  if (i < 0) or (i >= fcount) then
    raise EListError.createfmt('List index (%d) out of bounds', [i]);
  for n := i to fcount - 2 do begin
    fkeys[n] := fkeys[n + 1];
    fdata[n] := fdata[n + 1]
  end;
  dec(fcount)
end;

function TFPGMap.find(const key: K; out i: integer): boolean;
begin
  result := place(key, i)
end;

function TFPGMap.indexof(const key: K): integer;
begin
  if not place(key, result) then result := -1
end;

function TFPGMap.remove(const key: K): integer;
begin
  result := indexof(key);
  if result >= 0 then delete(result)
end;

function TFPGMap.trygetdata(const key: K; out v: D): boolean;
var i: integer;
begin
  result := place(key, i);
  if result then v := fdata[i]
end;

procedure TFPGMap.addorsetdata(const key: K; const v: D);
begin
  setof(key, v)
end;

function TFPGMap.getkey(i: integer): K;
begin
  result := fkeys[i]
end;

function TFPGMap.getdata(i: integer): D;
begin
  result := fdata[i]
end;

procedure TFPGMap.setdata(i: integer; const v: D);
begin
  fdata[i] := v
end;

function TFPGMap.getof(const key: K): D;
var i: integer;
begin
  if not place(key, i) then raise EListError.create('Key not found');
  result := fdata[i]
end;

procedure TFPGMap.setof(const key: K; const v: D);
var i: integer;
begin
  if place(key, i) then fdata[i] := v else add(key, v)
end;

procedure TFPGMap.setsorted(b: boolean);
var i, j: integer; key: K; v: D;
begin
  for i := 1 to fcount - 1 do
    if b then begin
      key := fkeys[i];
      v := fdata[i];
      j := i - 1;
      while (j >= 0) and (key < fkeys[j]) do begin
        fkeys[j + 1] := fkeys[j];
        fdata[j + 1] := fdata[j];
        dec(j)
      end;
      fkeys[j + 1] := key;
      fdata[j + 1] := v
    end;
  fsorted := b
end;

end.
