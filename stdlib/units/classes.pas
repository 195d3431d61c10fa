{ classes: lists of pointers and strings, and streams in memory. }
unit classes;
{$mode objfpc}{$H+}
interface
uses sysutils;

type
  EListError = class(Exception);
  EStringListError = class(EListError);
  EStreamError = class(Exception);
  EReadError = class(EStreamError);
  EWriteError = class(EStreamError);

  tlistsortcompare = function(a, b: pointer): integer;
  TFPList = class(TObject)
  private
    fitems: array of pointer;
    fcount: integer;
    function get(i: integer): pointer;
    procedure put(i: integer; p: pointer);
    procedure setcount(n: integer);
    function getcapacity: integer;
    procedure setcapacity(n: integer);
    procedure check(i: integer);
  protected
    procedure removed(p: pointer); virtual;
  public
    destructor destroy; override;
    function add(p: pointer): integer;
    procedure clear; virtual;
    procedure delete(i: integer);
    procedure exchange(i, j: integer);
    function extract(p: pointer): pointer;
    function first: pointer;
    function last: pointer;
    function indexof(p: pointer): integer;
    procedure insert(i: integer; p: pointer);
    procedure move(from_, to_: integer);
    function remove(p: pointer): integer;
    procedure pack;
    procedure sort(compare: tlistsortcompare);
    procedure assign(other: TFPList);
    function expand: TFPList;
    property count: integer read fcount write setcount;
    property capacity: integer read getcapacity write setcapacity;
    property items[i: integer]: pointer read get write put; default;
  end;
  TList = class(TFPList);

  tduplicates = (dupignore, dupaccept, duperror);
  TStrings = class;
  TStringsEnumerator = class
  private
    fstrings: TStrings;
    fat: integer;
    function getcurrent: string;
  public
    constructor create(s: TStrings);
    function movenext: boolean;
    property current: string read getcurrent;
  end;
  TPersistent = class(TObject)
    procedure assign(source: TPersistent); virtual;
  end;
  TStrings = class(TPersistent)
  private
    fdelimiter, fquote, fseparator: char;
    fstrict: boolean;
    function getname(i: integer): string;
    function getvalue(const name: string): string;
    procedure setvalue(const name, value: string);
    function getfromindex(i: integer): string;
    procedure setfromindex(i: integer; const v: string);
    function getcommatext: string;
    procedure setcommatext(const s: string);
    function getdelimitedtext: string;
    procedure setdelimitedtext(const s: string);
  protected
    function get(i: integer): string; virtual; abstract;
    procedure put(i: integer; const s: string); virtual; abstract;
    function getcount: integer; virtual; abstract;
    function getobject(i: integer): TObject; virtual;
    procedure putobject(i: integer; o: TObject); virtual;
    function gettextstr: string; virtual;
    procedure settextstr(const s: string); virtual;
    procedure error(i: integer);
  public
    constructor create;
    function add(const s: string): integer; virtual;
    function addobject(const s: string; o: TObject): integer; virtual;
    procedure append(const s: string);
    procedure addstrings(other: TStrings);
    procedure assign(source: TPersistent); override;
    procedure beginupdate;
    procedure endupdate;
    procedure clear; virtual; abstract;
    procedure delete(i: integer); virtual; abstract;
    procedure exchange(i, j: integer); virtual;
    function equals(other: TStrings): boolean;
    function getenumerator: TStringsEnumerator;
    function indexof(const s: string): integer; virtual;
    function indexofname(const name: string): integer;
    function indexofobject(o: TObject): integer;
    procedure insert(i: integer; const s: string); virtual; abstract;
    procedure insertobject(i: integer; const s: string; o: TObject);
    procedure loadfromfile(const name: string);
    procedure savetofile(const name: string);
    property count: integer read getcount;
    property strings[i: integer]: string read get write put; default;
    property objects[i: integer]: TObject read getobject write putobject;
    property names[i: integer]: string read getname;
    property values[const name: string]: string read getvalue write setvalue;
    property valuefromindex[i: integer]: string read getfromindex write setfromindex;
    property text: string read gettextstr write settextstr;
    property commatext: string read getcommatext write setcommatext;
    property delimitedtext: string read getdelimitedtext write setdelimitedtext;
    property delimiter: char read fdelimiter write fdelimiter;
    property quotechar: char read fquote write fquote;
    property namevalueseparator: char read fseparator write fseparator;
    property strictdelimiter: boolean read fstrict write fstrict;
  end;

  TStringList = class;
  tstringlistsortcompare = function(list: TStringList; i, j: integer): integer;
  TStringList = class(TStrings)
  private
    fstrings: array of string;
    fobjects: array of TObject;
    fcount: integer;
    fsorted, fcase, fowns: boolean;
    fduplicates: tduplicates;
    procedure setsorted(b: boolean);
    procedure room(i: integer);
    procedure quick(lo, hi: integer; compare: tstringlistsortcompare);
  protected
    function get(i: integer): string; override;
    procedure put(i: integer; const s: string); override;
    function getcount: integer; override;
    function getobject(i: integer): TObject; override;
    procedure putobject(i: integer; o: TObject); override;
    function comparestrings(const a, b: string): integer; virtual;
  public
    destructor destroy; override;
    function add(const s: string): integer; override;
    procedure clear; override;
    procedure delete(i: integer); override;
    procedure exchange(i, j: integer); override;
    function find(const s: string; out i: integer): boolean;
    function indexof(const s: string): integer; override;
    procedure insert(i: integer; const s: string); override;
    procedure sort;
    procedure customsort(compare: tstringlistsortcompare);
    property sorted: boolean read fsorted write setsorted;
    property duplicates: tduplicates read fduplicates write fduplicates;
    property casesensitive: boolean read fcase write fcase;
    property ownsobjects: boolean read fowns write fowns;
  end;

const
  sofrombeginning = 0;
  sofromcurrent = 1;
  sofromend = 2;

type
  tseekorigin = (sobeginning, socurrent, soend);
  TStream = class(TObject)
  private
    function getposition: int64;
    procedure setposition(p: int64);
  protected
    function getsize: int64; virtual;
    procedure setsize(n: int64); virtual;
  public
    function read(var buffer; count: integer): integer; virtual;
    function write(const buffer; count: integer): integer; virtual;
    function seek(offset: int64; origin: integer): int64; virtual;
    procedure readbuffer(var buffer; count: integer);
    procedure writebuffer(const buffer; count: integer);
    function copyfrom(source: TStream; count: int64): int64;
    function readbyte: byte;
    procedure writebyte(b: byte);
    function readdword: cardinal;
    procedure writedword(d: cardinal);
    function readansistring: string;
    procedure writeansistring(const s: string);
    property position: int64 read getposition write setposition;
    property size: int64 read getsize write setsize;
  end;
  TMemoryStream = class(TStream)
  private
    fdata: array of byte;
    fsize, fat: integer;
    function getmemory: pointer;
  protected
    function getsize: int64; override;
    procedure setsize(n: int64); override;
  public
    function read(var buffer; count: integer): integer; override;
    function write(const buffer; count: integer): integer; override;
    function seek(offset: int64; origin: integer): int64; override;
    procedure clear;
    procedure loadfromfile(const name: string);
    procedure savetofile(const name: string);
    property memory: pointer read getmemory;
  end;
  TStringStream = class(TMemoryStream)
  private
    function getdatastring: string;
  public
    constructor create(const s: string);
    procedure writestring(const s: string);
    function readstring(count: integer): string;
    property datastring: string read getdatastring;
  end;

implementation

{ ---- lists ---- }

procedure TFPList.check(i: integer);
begin
  if (i < 0) or (i >= fcount) then
    raise EListError.createfmt('List index (%d) out of bounds', [i])
end;

function TFPList.get(i: integer): pointer;
begin
  check(i);
  result := fitems[i]
end;

procedure TFPList.put(i: integer; p: pointer);
begin
  check(i);
  fitems[i] := p
end;

procedure TFPList.removed(p: pointer);
begin
end;

destructor TFPList.destroy;
begin
  clear;
  inherited destroy
end;

function TFPList.getcapacity: integer;
begin
  result := length(fitems)
end;

procedure TFPList.setcapacity(n: integer);
begin
  if n >= fcount then setlength(fitems, n)
end;

procedure TFPList.setcount(n: integer);
begin
  while fcount > n do delete(fcount - 1);
  if n > length(fitems) then setlength(fitems, n);
  fcount := n
end;

function TFPList.expand: TFPList;
begin
  if fcount = length(fitems) then setlength(fitems, fcount + fcount div 2 + 4);
  result := self
end;

function TFPList.add(p: pointer): integer;
begin
  expand;
  result := fcount;
  fitems[result] := p;
  inc(fcount)
end;

procedure TFPList.clear;
var i: integer;
begin
  for i := fcount - 1 downto 0 do removed(fitems[i]);
  fcount := 0;
  setlength(fitems, 0)
end;

procedure TFPList.delete(i: integer);
var p: pointer; k: integer;
begin
  check(i);
  p := fitems[i];
  for k := i to fcount - 2 do fitems[k] := fitems[k + 1];
  dec(fcount);
  removed(p)
end;

procedure TFPList.exchange(i, j: integer);
var p: pointer;
begin
  check(i);
  check(j);
  p := fitems[i];
  fitems[i] := fitems[j];
  fitems[j] := p
end;

function TFPList.extract(p: pointer): pointer;
var i, k: integer;
begin
  result := nil;
  i := indexof(p);
  if i < 0 then exit;
  result := p;
  for k := i to fcount - 2 do fitems[k] := fitems[k + 1];
  dec(fcount)
end;

function TFPList.first: pointer;
begin
  if fcount = 0 then result := nil else result := fitems[0]
end;

function TFPList.last: pointer;
begin
  if fcount = 0 then result := nil else result := fitems[fcount - 1]
end;

function TFPList.indexof(p: pointer): integer;
begin
  for result := 0 to fcount - 1 do
    if fitems[result] = p then exit;
  result := -1
end;

procedure TFPList.insert(i: integer; p: pointer);
var k: integer;
begin
  if (i < 0) or (i > fcount) then
    raise EListError.createfmt('List index (%d) out of bounds', [i]);
  expand;
  for k := fcount downto i + 1 do fitems[k] := fitems[k - 1];
  fitems[i] := p;
  inc(fcount)
end;

procedure TFPList.move(from_, to_: integer);
var p: pointer; k: integer;
begin
  check(from_);
  check(to_);
  p := fitems[from_];
  for k := from_ to to_ - 1 do fitems[k] := fitems[k + 1];
  for k := from_ downto to_ + 1 do fitems[k] := fitems[k - 1];
  fitems[to_] := p
end;

function TFPList.remove(p: pointer): integer;
begin
  result := indexof(p);
  if result >= 0 then delete(result)
end;

procedure TFPList.pack;
var i, n: integer;
begin
  n := 0;
  for i := 0 to fcount - 1 do
    if fitems[i] <> nil then begin
      fitems[n] := fitems[i];
      inc(n)
    end;
  fcount := n
end;

procedure TFPList.sort(compare: tlistsortcompare);

  procedure quick(lo, hi: integer);
  var i, j: integer; middle, p: pointer;
  begin
    i := lo;
    j := hi;
    middle := fitems[(lo + hi) div 2];
    repeat
      while compare(fitems[i], middle) < 0 do inc(i);
      while compare(middle, fitems[j]) < 0 do dec(j);
      if i <= j then begin
        p := fitems[i];
        fitems[i] := fitems[j];
        fitems[j] := p;
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

procedure TFPList.assign(other: TFPList);
var i: integer;
begin
  clear;
  for i := 0 to other.count - 1 do add(other[i])
end;

{ ---- strings ---- }

constructor TStringsEnumerator.create(s: TStrings);
begin
  fstrings := s;
  fat := -1
end;

function TStringsEnumerator.movenext: boolean;
begin
  inc(fat);
  result := fat < fstrings.count
end;

function TStringsEnumerator.getcurrent: string;
begin
  result := fstrings[fat]
end;

procedure TPersistent.assign(source: TPersistent);
begin
  raise EConvertError.create('Cannot assign this object')
end;

constructor TStrings.create;
begin
  fdelimiter := ',';
  fquote := '"';
  fseparator := '='
end;

procedure TStrings.error(i: integer);
begin
  raise EStringListError.createfmt('List index (%d) out of bounds', [i])
end;

function TStrings.getobject(i: integer): TObject;
begin
  result := nil
end;

procedure TStrings.putobject(i: integer; o: TObject);
begin
end;

function TStrings.add(const s: string): integer;
begin
  result := count;
  insert(result, s)
end;

function TStrings.addobject(const s: string; o: TObject): integer;
begin
  result := add(s);
  putobject(result, o)
end;

procedure TStrings.append(const s: string);
begin
  add(s)
end;

procedure TStrings.addstrings(other: TStrings);
var i: integer;
begin
  for i := 0 to other.count - 1 do addobject(other[i], other.objects[i])
end;

procedure TStrings.assign(source: TPersistent);
begin
  if not (source is TStrings) then begin
    inherited assign(source);
    exit
  end;
  clear;
  addstrings(TStrings(source))
end;

procedure TStrings.beginupdate;
begin
end;

procedure TStrings.endupdate;
begin
end;

procedure TStrings.exchange(i, j: integer);
var s: string; o: TObject;
begin
  s := get(i);
  o := getobject(i);
  put(i, get(j));
  putobject(i, getobject(j));
  put(j, s);
  putobject(j, o)
end;

function TStrings.equals(other: TStrings): boolean;
var i: integer;
begin
  result := count = other.count;
  for i := 0 to count - 1 do
    result := result and (get(i) = other[i])
end;

function TStrings.getenumerator: TStringsEnumerator;
begin
  result := TStringsEnumerator.create(self)
end;

function TStrings.indexof(const s: string): integer;
begin
  for result := 0 to count - 1 do
    if comparetext(get(result), s) = 0 then exit;
  result := -1
end;

function TStrings.indexofname(const name: string): integer;
begin
  for result := 0 to count - 1 do
    if comparetext(getname(result), name) = 0 then exit;
  result := -1
end;

function TStrings.indexofobject(o: TObject): integer;
begin
  for result := 0 to count - 1 do
    if getobject(result) = o then exit;
  result := -1
end;

procedure TStrings.insertobject(i: integer; const s: string; o: TObject);
begin
  insert(i, s);
  putobject(i, o)
end;

function TStrings.getname(i: integer): string;
var s: string;
begin
  s := get(i);
  result := copy(s, 1, pos(fseparator, s) - 1)
end;

function TStrings.getfromindex(i: integer): string;
var s: string; at: integer;
begin
  s := get(i);
  at := pos(fseparator, s);
  if at > 0 then result := copy(s, at + 1, length(s)) else result := ''
end;

procedure TStrings.setfromindex(i: integer; const v: string);
begin
  put(i, getname(i) + fseparator + v)
end;

function TStrings.getvalue(const name: string): string;
var i: integer;
begin
  i := indexofname(name);
  if i >= 0 then result := getfromindex(i) else result := ''
end;

procedure TStrings.setvalue(const name, value: string);
var i: integer;
begin
  i := indexofname(name);
  if value = '' then begin
    if i >= 0 then delete(i)
  end else if i >= 0 then
    put(i, name + fseparator + value)
  else
    add(name + fseparator + value)
end;

function TStrings.gettextstr: string;
var i: integer;
begin
  result := '';
  for i := 0 to count - 1 do result := result + get(i) + #10
end;

procedure TStrings.settextstr(const s: string);
var at, end_: integer;
begin
  clear;
  at := 1;
  while at <= length(s) do begin
    end_ := at;
    while (end_ <= length(s)) and (s[end_] <> #10) and (s[end_] <> #13) do inc(end_);
    add(copy(s, at, end_ - at));
    if (end_ < length(s)) and (s[end_] = #13) and (s[end_ + 1] = #10) then inc(end_);
    at := end_ + 1
  end
end;

function TStrings.getdelimitedtext: string;
var i, k: integer; s: string; quote: boolean;
begin
  result := '';
  for i := 0 to count - 1 do begin
    s := get(i);
    quote := (pos(fdelimiter, s) > 0) or (pos(fquote, s) > 0);
    if not fstrict then
      for k := 1 to length(s) do
        if s[k] <= ' ' then quote := true;
    if i > 0 then result := result + fdelimiter;
    if quote then result := result + ansiquotedstr(s, fquote) else result := result + s
  end
end;

procedure TStrings.setdelimitedtext(const s: string);
var i: integer; item: string;
begin
  clear;
  i := 1;
  while i <= length(s) do begin
    if not fstrict then
      while (i <= length(s)) and (s[i] <= ' ') do inc(i);
    item := '';
    if (i <= length(s)) and (s[i] = fquote) then begin
      inc(i);
      while i <= length(s) do begin
        if s[i] = fquote then
          if (i < length(s)) and (s[i + 1] = fquote) then inc(i) else break;
        item := item + s[i];
        inc(i)
      end;
      inc(i)
    end else
      while (i <= length(s)) and (s[i] <> fdelimiter) and (fstrict or (s[i] > ' ')) do begin
        item := item + s[i];
        inc(i)
      end;
    add(item);
    if not fstrict then
      while (i <= length(s)) and (s[i] <= ' ') do inc(i);
    if (i <= length(s)) and (s[i] = fdelimiter) then begin
      if i = length(s) then add('');
      inc(i)
    end
  end
end;

function TStrings.getcommatext: string;
var d, q: char;
begin
  d := fdelimiter;
  q := fquote;
  fdelimiter := ',';
  fquote := '"';
  result := getdelimitedtext;
  fdelimiter := d;
  fquote := q
end;

procedure TStrings.setcommatext(const s: string);
var d, q: char;
begin
  d := fdelimiter;
  q := fquote;
  fdelimiter := ',';
  fquote := '"';
  setdelimitedtext(s);
  fdelimiter := d;
  fquote := q
end;

procedure TStrings.loadfromfile(const name: string);
var f: text; s: string;
begin
  system.assign(f, name);
  reset(f);
  clear;
  while not eof(f) do begin
    readln(f, s);
    add(s)
  end;
  close(f)
end;

procedure TStrings.savetofile(const name: string);
var f: text; i: integer;
begin
  system.assign(f, name);
  rewrite(f);
  for i := 0 to count - 1 do writeln(f, get(i));
  close(f)
end;

destructor TStringList.destroy;
begin
  clear;
  inherited destroy
end;

function TStringList.getcount: integer;
begin
  result := fcount
end;

function TStringList.get(i: integer): string;
begin
  if (i < 0) or (i >= fcount) then error(i);
  result := fstrings[i]
end;

procedure TStringList.put(i: integer; const s: string);
begin
  if (i < 0) or (i >= fcount) then error(i);
  if fsorted then raise EStringListError.create('Operation not allowed on sorted list');
  fstrings[i] := s
end;

function TStringList.getobject(i: integer): TObject;
begin
  if (i < 0) or (i >= fcount) then error(i);
  result := fobjects[i]
end;

procedure TStringList.putobject(i: integer; o: TObject);
begin
  if (i < 0) or (i >= fcount) then error(i);
  fobjects[i] := o
end;

function TStringList.comparestrings(const a, b: string): integer;
begin
  if fcase then result := comparestr(a, b) else result := comparetext(a, b)
end;

{ Makes a place at i. }
procedure TStringList.room(i: integer);
var k: integer;
begin
  if (i < 0) or (i > fcount) then error(i);
  if fcount = length(fstrings) then begin
    setlength(fstrings, fcount + fcount div 2 + 4);
    setlength(fobjects, length(fstrings))
  end;
  for k := fcount downto i + 1 do begin
    fstrings[k] := fstrings[k - 1];
    fobjects[k] := fobjects[k - 1]
  end;
  inc(fcount)
end;

function TStringList.add(const s: string): integer;
begin
  result := fcount;
  if fsorted and find(s, result) then
    case fduplicates of
      dupignore: exit;
      duperror: raise EStringListError.create('String list does not allow duplicates')
    end;
  room(result);
  fstrings[result] := s;
  fobjects[result] := nil
end;

procedure TStringList.insert(i: integer; const s: string);
begin
  if fsorted then raise EStringListError.create('Operation not allowed on sorted list');
  room(i);
  fstrings[i] := s;
  fobjects[i] := nil
end;

procedure TStringList.clear;
var i: integer;
begin
  if fowns then
    for i := 0 to fcount - 1 do fobjects[i].free;
  fcount := 0;
  setlength(fstrings, 0);
  setlength(fobjects, 0)
end;

procedure TStringList.delete(i: integer);
var k: integer;
begin
  if (i < 0) or (i >= fcount) then error(i);
  if fowns then fobjects[i].free;
  for k := i to fcount - 2 do begin
    fstrings[k] := fstrings[k + 1];
    fobjects[k] := fobjects[k + 1]
  end;
  dec(fcount);
  fstrings[fcount] := ''
end;

procedure TStringList.exchange(i, j: integer);
var s: string; o: TObject;
begin
  s := get(i);
  o := fobjects[i];
  fstrings[i] := get(j);
  fobjects[i] := fobjects[j];
  fstrings[j] := s;
  fobjects[j] := o
end;

function TStringList.find(const s: string; out i: integer): boolean;
var lo, hi, middle, c: integer;
begin
  result := false;
  lo := 0;
  hi := fcount - 1;
  while lo <= hi do begin
    middle := (lo + hi) div 2;
    c := comparestrings(fstrings[middle], s);
    if c < 0 then
      lo := middle + 1
    else begin
      hi := middle - 1;
      if c = 0 then begin
        result := true;
        if fduplicates <> dupaccept then lo := middle
      end
    end
  end;
  i := lo
end;

function TStringList.indexof(const s: string): integer;
begin
  if fsorted then begin
    if not find(s, result) then result := -1;
    exit
  end;
  for result := 0 to fcount - 1 do
    if comparestrings(fstrings[result], s) = 0 then exit;
  result := -1
end;

procedure TStringList.quick(lo, hi: integer; compare: tstringlistsortcompare);
var i, j, middle: integer;

  function order(a, b: integer): integer;
  begin
    if compare = nil then result := comparestrings(fstrings[a], fstrings[b]) else result := compare(self, a, b)
  end;

begin
  i := lo;
  j := hi;
  middle := (lo + hi) div 2;
  repeat
    while order(i, middle) < 0 do inc(i);
    while order(middle, j) < 0 do dec(j);
    if i <= j then begin
      exchange(i, j);
      if middle = i then middle := j else if middle = j then middle := i;
      inc(i);
      dec(j)
    end
  until i > j;
  if lo < j then quick(lo, j, compare);
  if i < hi then quick(i, hi, compare)
end;

procedure TStringList.sort;
begin
  if fcount > 1 then quick(0, fcount - 1, nil)
end;

procedure TStringList.customsort(compare: tstringlistsortcompare);
begin
  if fcount > 1 then quick(0, fcount - 1, compare)
end;

procedure TStringList.setsorted(b: boolean);
begin
  if b and not fsorted then sort;
  fsorted := b
end;

{ ---- streams ---- }

function TStream.getposition: int64;
begin
  result := seek(0, sofromcurrent)
end;

procedure TStream.setposition(p: int64);
begin
  seek(p, sofrombeginning)
end;

function TStream.getsize: int64;
var p: int64;
begin
  p := seek(0, sofromcurrent);
  result := seek(0, sofromend);
  seek(p, sofrombeginning)
end;

procedure TStream.setsize(n: int64);
begin
end;

function TStream.read(var buffer; count: integer): integer;
begin
  result := 0
end;

function TStream.write(const buffer; count: integer): integer;
begin
  result := 0
end;

function TStream.seek(offset: int64; origin: integer): int64;
begin
  result := 0
end;

procedure TStream.readbuffer(var buffer; count: integer);
begin
  if read(buffer, count) < count then raise EReadError.create('Stream read error')
end;

procedure TStream.writebuffer(const buffer; count: integer);
begin
  if write(buffer, count) < count then raise EWriteError.create('Stream write error')
end;

function TStream.copyfrom(source: TStream; count: int64): int64;
var buffer: array [1..4096] of byte; n: integer;
begin
  result := 0;
  if count = 0 then begin
    source.position := 0;
    count := source.size
  end;
  while count > 0 do begin
    if count > 4096 then n := 4096 else n := count;
    n := source.read(buffer, n);
    if n = 0 then break;
    writebuffer(buffer, n);
    count := count - n;
    result := result + n
  end
end;

function TStream.readbyte: byte;
begin
  readbuffer(result, 1)
end;

procedure TStream.writebyte(b: byte);
begin
  writebuffer(b, 1)
end;

function TStream.readdword: cardinal;
begin
  readbuffer(result, 4)
end;

procedure TStream.writedword(d: cardinal);
begin
  writebuffer(d, 4)
end;

function TStream.readansistring: string;
begin
  setlength(result, readdword);
  if result <> '' then readbuffer(result[1], length(result))
end;

procedure TStream.writeansistring(const s: string);
begin
  writedword(length(s));
  if s <> '' then writebuffer(pointer(s)^, length(s))
end;

function TMemoryStream.getmemory: pointer;
begin
  result := pointer(fdata)
end;

function TMemoryStream.getsize: int64;
begin
  result := fsize
end;

procedure TMemoryStream.setsize(n: int64);
begin
  setlength(fdata, n);
  fsize := n;
  if fat > fsize then fat := fsize
end;

function TMemoryStream.read(var buffer; count: integer): integer;
begin
  result := fsize - fat;
  if result > count then result := count;
  if result <= 0 then exit(0);
  move(fdata[fat], buffer, result);
  fat := fat + result
end;

function TMemoryStream.write(const buffer; count: integer): integer;
begin
  result := count;
  if count <= 0 then exit(0);
  if fat + count > length(fdata) then setlength(fdata, (fat + count) + (fat + count) div 2);
  move(buffer, fdata[fat], count);
  fat := fat + count;
  if fat > fsize then fsize := fat
end;

function TMemoryStream.seek(offset: int64; origin: integer): int64;
begin
  case origin of
    sofrombeginning: fat := offset;
    sofromcurrent: fat := fat + offset;
    sofromend: fat := fsize + offset
  end;
  if fat < 0 then fat := 0;
  if fat > fsize then setsize(fat);
  result := fat
end;

procedure TMemoryStream.clear;
begin
  setlength(fdata, 0);
  fsize := 0;
  fat := 0
end;

procedure TMemoryStream.loadfromfile(const name: string);
var f: file; n: integer;
begin
  system.assign(f, name);
  reset(f, 1);
  setsize(filesize(f));
  if fsize > 0 then blockread(f, fdata[0], fsize, n);
  close(f);
  fat := 0
end;

procedure TMemoryStream.savetofile(const name: string);
var f: file; n: integer;
begin
  system.assign(f, name);
  rewrite(f, 1);
  if fsize > 0 then blockwrite(f, fdata[0], fsize, n);
  close(f)
end;

constructor TStringStream.create(const s: string);
begin
  writestring(s);
  fat := 0
end;

procedure TStringStream.writestring(const s: string);
begin
  if s <> '' then write(pointer(s)^, length(s))
end;

function TStringStream.readstring(count: integer): string;
begin
  if count > fsize - fat then count := fsize - fat;
  setlength(result, count);
  if count > 0 then read(result[1], count)
end;

function TStringStream.getdatastring: string;
begin
  setlength(result, fsize);
  if fsize > 0 then move(fdata[0], result[1], fsize)
end;

end.
