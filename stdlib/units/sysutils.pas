{ sysutils: exceptions, and what programs do with strings, numbers, files' names and dates all the time. }
unit sysutils;
{$mode objfpc}{$H+}
interface

type
  Exception = class(tobject)
  private
    fmessage: string;
    fhelpcontext: integer;
  public
    constructor create(const msg: string);
    constructor createfmt(const msg: string; const args: array of const);
    constructor createhelp(const msg: string; ahelp: integer);
    function tostring: ansistring; override;
    property message: string read fmessage write fmessage;
    property helpcontext: integer read fhelpcontext write fhelpcontext;
  end;
  exceptclass = class of exception;
  EExternal = class(exception);
  EIntError = class(eexternal);
  EDivByZero = class(einterror);
  ERangeError = class(einterror);
  EIntOverflow = class(einterror);
  EMathError = class(eexternal);
  EInvalidOp = class(ematherror);
  EZeroDivide = class(ematherror);
  EOverflow = class(ematherror);
  EUnderflow = class(ematherror);
  EAccessViolation = class(eexternal);
  EInvalidCast = class(exception);
  EInvalidPointer = class(exception);
  EOutOfMemory = class(exception);
  EAbort = class(exception);
  EAbstractError = class(exception);
  EAssertionFailed = class(exception);
  EConvertError = class(exception);
  EControlC = class(eexternal);
  EInOutError = class(exception)
    errorcode: integer;
  end;
  EArgumentException = class(exception);
  EArgumentOutOfRangeException = class(eargumentexception);
  EInvalidOperation = class(exception);
  EInvalidOpException = class(exception);
  ENotImplemented = class(exception);
  ENotSupportedException = class(exception);
  EProgrammerNotFound = class(exception);
  EPropReadOnly = class(exception);
  EFormatError = class(exception);

  tdatetime = type double;
  ttimestamp = record time, date: integer end;
  tsystemtime = record year, month, day, dayofweek, hour, minute, second, millisecond: word end;
  treplaceflags = set of (rfreplaceall, rfignorecase);
  tsyscharset = set of char;
  tfloatformat = (ffgeneral, ffexponent, fffixed, ffnumber, ffcurrency);
  tbytes = array of byte;
  tstringarray = array of string;
  tprocedure = procedure;
  tmonthnames = array [1..12] of string;
  tdaynames = array [1..7] of string;

const
  pathdelim = '/';
  directoryseparator = '/';
  lineending = #10;
  slinebreak = #10;
  maxint64 = 9223372036854775807;
  hoursperday = 24;
  minsperday = 1440;
  secsperday = 86400;
  msecsperday = 86400000;
  unixdatedelta = 25569;
  emptystr = '';
  decimalseparator: char = '.';
  thousandseparator: char = ',';
  dateseparator: char = '-';
  timeseparator: char = ':';
  shortdateformat: string = 'd/m/y';
  longmonthnames: tmonthnames = ('January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December');
  shortmonthnames: tmonthnames = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec');
  longdaynames: tdaynames = ('Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday');
  shortdaynames: tdaynames = ('Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat');

{ What the compiler calls where the machine would stop. }
procedure raise_run_time_error(code: integer);
procedure raise_io_error;
procedure abort;
procedure freeandnil(var obj);

function inttostr(n: integer): string; overload;
function inttostr(n: int64): string; overload;
function inttostr(n: qword): string; overload;
function uinttostr(n: qword): string;
function inttohex(n: int64; digits: integer): string; overload;
function inttohex(n: int64): string; overload;
function inttobin(n: int64; digits: integer): string;
function strtoint(const s: string): integer;
function strtoint64(const s: string): int64;
function strtointdef(const s: string; otherwise_: integer): integer;
function strtoint64def(const s: string; otherwise_: int64): int64;
function trystrtoint(const s: string; out n: integer): boolean;
function trystrtoint64(const s: string; out n: int64): boolean;
function strtofloat(const s: string): double;
function strtofloatdef(const s: string; otherwise_: double): double;
function trystrtofloat(const s: string; out x: double): boolean;
function floattostr(x: double): string;
function floattostrf(x: double; format_: tfloatformat; precision, digits: integer): string;
function formatfloat(const pattern: string; x: double): string;
function booltostr(b: boolean; words: boolean = false): string; overload;
function booltostr(b: boolean; const yes, no: string): string; overload;
function strtobool(const s: string): boolean;
function trystrtobool(const s: string; out b: boolean): boolean;
function strtobooldef(const s: string; otherwise_: boolean): boolean;
function format(const pattern: string; const args: array of const): string;

function uppercase(const s: string): string;
function lowercase(const s: string): string;
function ansiuppercase(const s: string): string;
function ansilowercase(const s: string): string;
function trim(const s: string): string;
function trimleft(const s: string): string;
function trimright(const s: string): string;
function comparestr(const a, b: string): integer;
function comparetext(const a, b: string): integer;
function ansicomparestr(const a, b: string): integer;
function ansicomparetext(const a, b: string): integer;
function samestr(const a, b: string): boolean;
function sametext(const a, b: string): boolean;
function ansisametext(const a, b: string): boolean;
function stringreplace(const s, old, new_: string; flags: treplaceflags): string;
function quotedstr(const s: string): string;
function ansiquotedstr(const s: string; quote: char): string;
function adjustlinebreaks(const s: string): string;
function isdelimiter(const delimiters, s: string; i: integer): boolean;
function lastdelimiter(const delimiters, s: string): integer;
function wraptext(const s: string; most: integer): string;
procedure appendstr(var s: string; const t: string);
function strpas(p: pchar): string;
function strlen(p: pchar): integer;
function isvalidident(const s: string): boolean;
function charinset(c: char; const s: tsyscharset): boolean;

function fileexists(const name: string): boolean;
function extractfilename(const name: string): string;
function extractfilepath(const name: string): string;
function extractfiledir(const name: string): string;
function extractfileext(const name: string): string;
function changefileext(const name, ext: string): string;
function includetrailingpathdelimiter(const s: string): string;
function excludetrailingpathdelimiter(const s: string): string;
function includetrailingbackslash(const s: string): string;

function now: tdatetime;
function date: tdatetime;
function time: tdatetime;
function encodedate(year, month, day: word): tdatetime;
function encodetime(hour, minute, second, msec: word): tdatetime;
function tryencodedate(year, month, day: word; out d: tdatetime): boolean;
procedure decodedate(d: tdatetime; out year, month, day: word);
procedure decodetime(d: tdatetime; out hour, minute, second, msec: word);
function dayofweek(d: tdatetime): integer;
function isleapyear(year: word): boolean;
function incmonth(d: tdatetime; n: integer = 1): tdatetime;
function datetostr(d: tdatetime): string;
function timetostr(d: tdatetime): string;
function datetimetostr(d: tdatetime): string;
function formatdatetime(const pattern: string; d: tdatetime): string;
function gettickcount: cardinal;
function gettickcount64: qword;
procedure sleep(ms: integer);

implementation

{ ---- exceptions ---- }

constructor exception.create(const msg: string);
begin
  fmessage := msg
end;

constructor exception.createfmt(const msg: string; const args: array of const);
begin
  fmessage := format(msg, args)
end;

constructor exception.createhelp(const msg: string; ahelp: integer);
begin
  fmessage := msg;
  fhelpcontext := ahelp
end;

function exception.tostring: ansistring;
begin
  result := classname + ': ' + fmessage
end;

procedure raise_run_time_error(code: integer);
begin
  case code of
    200: raise edivbyzero.create('Division by zero');
    201: raise erangeerror.create('Range check error');
    203: raise eoutofmemory.create('Out of memory');
    204: raise einvalidpointer.create('Invalid pointer operation');
    205: raise eoverflow.create('Floating point overflow');
    207: raise einvalidop.create('Invalid floating point operation');
    211: raise eabstracterror.create('Abstract method called');
    215: raise eintoverflow.create('Arithmetic overflow');
    216: raise eaccessviolation.create('Access violation');
    219: raise einvalidcast.create('Invalid type cast');
    else runerror(code)
  end
end;

procedure raise_io_error;
var code: integer; e: einouterror; msg: string;
begin
  code := ioresult;
  if code = 0 then exit;
  case code of
    2: msg := 'File not found';
    3: msg := 'Invalid file name';
    4: msg := 'Too many open files';
    5: msg := 'Access denied';
    100: msg := 'Read past end of file';
    101: msg := 'Disk Full';
    102: msg := 'File not assigned';
    103: msg := 'File not open';
    104: msg := 'File not open for input';
    105: msg := 'File not open for output';
    106: msg := 'Invalid input'
    else msg := 'I/O error ' + inttostr(code)
  end;
  e := einouterror.create(msg);
  e.errorcode := code;
  raise e
end;

procedure abort;
begin
  raise eabort.create('Operation aborted')
end;

procedure freeandnil(var obj);
var o: tobject;
begin
  o := tobject(ppointer(@obj)^);
  ppointer(@obj)^ := nil;
  o.free
end;

{ ---- numbers ---- }

function inttostr(n: integer): string;
begin
  str(n, result)
end;

function inttostr(n: int64): string;
begin
  str(n, result)
end;

function inttostr(n: qword): string;
begin
  result := uinttostr(n)
end;

function uinttostr(n: qword): string;
begin
  str(n, result)
end;

function inttohex(n: int64; digits: integer): string;
const digit: array [0..15] of char = '0123456789ABCDEF';
begin
  result := '';
  repeat
    result := digit[n and 15] + result;
    n := n shr 4
  until n = 0;
  while length(result) < digits do result := '0' + result
end;

function inttohex(n: int64): string;
begin
  result := inttohex(n, 16)
end;

function inttobin(n: int64; digits: integer): string;
var i: integer;
begin
  result := '';
  for i := 1 to digits do begin
    result := chr(48 + (n and 1)) + result;
    n := n shr 1
  end
end;

function trystrtoint64(const s: string; out n: int64): boolean;
var code: integer;
begin
  val(trim(s), n, code);
  result := (code = 0) and (s <> '')
end;

function trystrtoint(const s: string; out n: integer): boolean;
var wide: int64;
begin
  result := trystrtoint64(s, wide) and (wide >= -2147483647 - 1) and (wide <= 2147483647);
  if result then n := wide else n := 0
end;

function strtoint(const s: string): integer;
begin
  if not trystrtoint(s, result) then
    raise econverterror.create('"' + s + '" is an invalid integer')
end;

function strtoint64(const s: string): int64;
begin
  if not trystrtoint64(s, result) then
    raise econverterror.create('"' + s + '" is an invalid integer')
end;

function strtointdef(const s: string; otherwise_: integer): integer;
begin
  if not trystrtoint(s, result) then result := otherwise_
end;

function strtoint64def(const s: string; otherwise_: int64): int64;
begin
  if not trystrtoint64(s, result) then result := otherwise_
end;

function trystrtofloat(const s: string; out x: double): boolean;
var code: integer;
begin
  val(trim(s), x, code);
  result := (code = 0) and (s <> '')
end;

function strtofloat(const s: string): double;
begin
  if not trystrtofloat(s, result) then
    raise econverterror.create('"' + s + '" is an invalid float')
end;

function strtofloatdef(const s: string; otherwise_: double): double;
begin
  if not trystrtofloat(s, result) then result := otherwise_
end;

{ The first `count` significant digits of |x|, and the power of ten of the first one. }
procedure digits_of(x: double; count: integer; out digits: string; out exponent: integer);
var s: string; e, code: integer;
begin
  str(abs(x): count + 7, s);
  s := trim(s);
  e := pos('E', s);
  val(copy(s, e + 1, 10), exponent, code);
  digits := s[1] + copy(s, 3, e - 3);
  while length(digits) < count do digits := digits + '0'
end;

procedure strip_zeros(var s: string);
var n: integer;
begin
  n := length(s);
  while (n > 0) and (s[n] = '0') do dec(n);
  setlength(s, n)
end;

function general(x: double; precision: integer): string;
var digits: string; e: integer;
begin
  if x <> x then exit('Nan');
  if abs(x) > 1.7976931348623157e308 then
    if x > 0 then exit('+Inf') else exit('-Inf');
  if x = 0 then exit('0');
  if precision > 17 then precision := 17;
  if precision < 2 then precision := 2;
  digits_of(x, precision, digits, e);
  strip_zeros(digits);
  if (e >= precision) or (e < -5) then begin
    result := digits[1];
    if length(digits) > 1 then result := result + '.' + copy(digits, 2, 20);
    result := result + 'E' + inttostr(e)
  end else if e < 0 then
    result := '0.' + stringofchar('0', -e - 1) + digits
  else begin
    while length(digits) < e + 1 do digits := digits + '0';
    result := copy(digits, 1, e + 1);
    if length(digits) > e + 1 then result := result + '.' + copy(digits, e + 2, 20)
  end;
  if x < 0 then result := '-' + result
end;

function floattostr(x: double): string;
begin
  result := general(x, 15)
end;

function with_thousands(const s: string): string;
var point, i: integer;
begin
  result := s;
  point := pos('.', result);
  if point = 0 then point := length(result) + 1;
  i := point - 3;
  while (i > 1) and not ((i = 2) and (result[1] = '-')) do begin
    insert(thousandseparator, result, i);
    dec(i, 3)
  end
end;

{ d.dddE+xx with that many digits in all, and in the exponent }
function scientific(x: double; precision, digits: integer): string;
var d, t: string; e: integer;
begin
  digits_of(x, precision, d, e);
  result := d[1];
  if length(d) > 1 then result := result + '.' + copy(d, 2, 20);
  str(abs(e), t);
  while length(t) < digits do t := '0' + t;
  if e < 0 then result := result + 'E-' + t else result := result + 'E+' + t;
  if x < 0 then result := '-' + result
end;

function floattostrf(x: double; format_: tfloatformat; precision, digits: integer): string;
begin
  case format_ of
    ffgeneral: result := general(x, precision);
    ffexponent: result := scientific(x, precision, digits);
    fffixed: str(x: 0: digits, result);
    ffnumber, ffcurrency: begin
      str(x: 0: digits, result);
      result := with_thousands(result)
    end
  end
end;

{ Patterns such as 0.00, #,##0.##: digits before and behind the point, and thousands. }
function formatfloat(const pattern: string; x: double): string;
var i, need, most, before: integer; behind, thousands: boolean;
begin
  need := 0; most := 0; before := 0;
  behind := false; thousands := false;
  for i := 1 to length(pattern) do
    case pattern[i] of
      '0': if behind then begin inc(most); need := most end else inc(before);
      '#': if behind then inc(most);
      '.': behind := true;
      ',': thousands := true
    end;
  if pattern = '' then exit(floattostr(x));
  str(x: 0: most, result);
  if pos('.', result) > 0 then begin
    i := length(result);
    while (most > need) and (result[i] = '0') do begin dec(i); dec(most) end;
    if result[i] = '.' then dec(i);
    setlength(result, i)
  end;
  if (before = 0) and (copy(result, 1, 2) = '0.') then delete(result, 1, 1);
  i := pos('.', result);
  if i = 0 then i := length(result) + 1;
  while i - 1 < before do begin result := '0' + result; inc(i) end;
  if thousands then result := with_thousands(result)
end;

function booltostr(b: boolean; words: boolean): string;
begin
  if words then
    if b then result := 'True' else result := 'False'
  else if b then result := '-1' else result := '0'
end;

function booltostr(b: boolean; const yes, no: string): string;
begin
  if b then result := yes else result := no
end;

function trystrtobool(const s: string; out b: boolean): boolean;
var x: double;
begin
  b := false;
  result := true;
  if sametext(s, 'true') then b := true
  else if sametext(s, 'false') then b := false
  else if trystrtofloat(s, x) then b := x <> 0
  else result := false
end;

function strtobool(const s: string): boolean;
begin
  if not trystrtobool(s, result) then
    raise econverterror.create('"' + s + '" is not a valid boolean')
end;

function strtobooldef(const s: string; otherwise_: boolean): boolean;
begin
  if not trystrtobool(s, result) then result := otherwise_
end;

{ ---- format ---- }

procedure wrong(const pattern: string);
begin
  raise econverterror.create('Invalid argument index in format "' + pattern + '"')
end;

function arg_int(const a: tvarrec; const pattern: string): int64;
begin
  case a.vtype of
    vtinteger: result := a.vinteger;
    vtint64, vtqword: result := a.vint64^;
    else begin wrong(pattern); result := 0 end
  end
end;

function arg_float(const a: tvarrec; const pattern: string): double;
begin
  case a.vtype of
    vtextended: result := a.vextended^;
    vtinteger: result := a.vinteger;
    vtint64, vtqword: result := a.vint64^;
    else begin wrong(pattern); result := 0 end
  end
end;

function arg_string(const a: tvarrec; const pattern: string): string;
begin
  case a.vtype of
    vtchar: result := a.vchar;
    vtstring: result := a.vstring^;
    vtansistring: result := ansistring(a.vansistring);
    vtpchar: result := strpas(a.vpchar);
    vtboolean: result := booltostr(a.vboolean, true);
    vtinteger: result := inttostr(a.vinteger);
    vtint64, vtqword: result := inttostr(a.vint64^);
    vtextended: result := floattostr(a.vextended^)
    else begin wrong(pattern); result := '' end
  end
end;

function format(const pattern: string; const args: array of const): string;
var i, next, width, prec: integer; left: boolean; s: string; c: char; n: int64;

  { A number of the specifier: digits, or * for an argument. }
  function number(otherwise_: integer): integer;
  begin
    result := otherwise_;
    if (i <= length(pattern)) and (pattern[i] = '*') then begin
      if next > high(args) then wrong(pattern);
      result := arg_int(args[next], pattern);
      inc(next);
      inc(i);
      exit
    end;
    if (i > length(pattern)) or not (pattern[i] in ['0'..'9']) then exit;
    result := 0;
    while (i <= length(pattern)) and (pattern[i] in ['0'..'9']) do begin
      result := result * 10 + ord(pattern[i]) - 48;
      inc(i)
    end
  end;

begin
  result := '';
  next := 0;
  i := 1;
  while i <= length(pattern) do begin
    if pattern[i] <> '%' then begin
      result := result + pattern[i];
      inc(i);
      continue
    end;
    inc(i);
    if (i <= length(pattern)) and (pattern[i] = '%') then begin
      result := result + '%';
      inc(i);
      continue
    end;
    left := false;
    width := -1;
    if (i <= length(pattern)) and (pattern[i] in ['0'..'9', '*']) then begin
      width := number(-1);
      if (i <= length(pattern)) and (pattern[i] = ':') then begin
        next := width;
        width := -1;
        inc(i)
      end
    end else if (i <= length(pattern)) and (pattern[i] = ':') then begin
      next := 0;
      inc(i)
    end;
    if (i <= length(pattern)) and (pattern[i] = '-') then begin
      left := true;
      inc(i)
    end;
    if width < 0 then width := number(-1);
    prec := -1;
    if (i <= length(pattern)) and (pattern[i] = '.') then begin
      inc(i);
      prec := number(0)
    end;
    if (i > length(pattern)) or (next > high(args)) then wrong(pattern);
    c := upcase(pattern[i]);
    inc(i);
    case c of
      'D', 'U': begin
        n := arg_int(args[next], pattern);
        s := inttostr(abs(n));
        while length(s) < prec do s := '0' + s;
        if n < 0 then s := '-' + s
      end;
      'X': begin
        s := inttohex(arg_int(args[next], pattern), 1);
        if args[next].vtype = vtinteger then s := inttohex(arg_int(args[next], pattern) and $ffffffff, 1);
        while length(s) < prec do s := '0' + s
      end;
      'S': begin
        s := arg_string(args[next], pattern);
        if prec >= 0 then s := copy(s, 1, prec)
      end;
      'F': begin
        if prec < 0 then prec := 2;
        s := floattostrf(arg_float(args[next], pattern), fffixed, 15, prec)
      end;
      'N', 'M': begin
        if prec < 0 then prec := 2;
        s := floattostrf(arg_float(args[next], pattern), ffnumber, 15, prec)
      end;
      'G': begin
        if prec < 0 then prec := 15;
        s := general(arg_float(args[next], pattern), prec)
      end;
      'E': begin
        if prec < 0 then prec := 17;
        s := scientific(arg_float(args[next], pattern), prec, 3)
      end;
      'P': s := inttohex(int64(args[next].vpointer), 8)
      else wrong(pattern)
    end;
    inc(next);
    if left then
      while length(s) < width do s := s + ' '
    else
      while length(s) < width do s := ' ' + s;
    result := result + s
  end
end;

{ ---- strings ---- }

function uppercase(const s: string): string;
begin
  result := upcase(s)
end;

function lowercase(const s: string): string;
var i: integer;
begin
  result := s;
  for i := 1 to length(result) do
    if (result[i] >= 'A') and (result[i] <= 'Z') then result[i] := chr(ord(result[i]) + 32)
end;

function ansiuppercase(const s: string): string;
begin
  result := upcase(s)
end;

function ansilowercase(const s: string): string;
begin
  result := lowercase(s)
end;

function trimleft(const s: string): string;
var i: integer;
begin
  i := 1;
  while (i <= length(s)) and (s[i] <= ' ') do inc(i);
  result := copy(s, i, length(s))
end;

function trimright(const s: string): string;
var n: integer;
begin
  n := length(s);
  while (n > 0) and (s[n] <= ' ') do dec(n);
  result := copy(s, 1, n)
end;

function trim(const s: string): string;
begin
  result := trimright(trimleft(s))
end;

function comparestr(const a, b: string): integer;
var i: integer;
begin
  i := 1;
  while (i <= length(a)) and (i <= length(b)) and (a[i] = b[i]) do inc(i);
  if (i <= length(a)) and (i <= length(b)) then
    result := ord(a[i]) - ord(b[i])
  else
    result := length(a) - length(b)
end;

function comparetext(const a, b: string): integer;
begin
  result := comparestr(upcase(a), upcase(b))
end;

function ansicomparestr(const a, b: string): integer;
begin
  result := comparestr(a, b)
end;

function ansicomparetext(const a, b: string): integer;
begin
  result := comparetext(a, b)
end;

function samestr(const a, b: string): boolean;
begin
  result := a = b
end;

function sametext(const a, b: string): boolean;
begin
  result := comparetext(a, b) = 0
end;

function ansisametext(const a, b: string): boolean;
begin
  result := comparetext(a, b) = 0
end;

function stringreplace(const s, old, new_: string; flags: treplaceflags): string;
var in_, what: string; at, found: integer;
begin
  if old = '' then exit(s);
  in_ := s;
  what := old;
  if rfignorecase in flags then begin
    in_ := upcase(s);
    what := upcase(old)
  end;
  result := '';
  at := 1;
  repeat
    found := pos(what, in_, at);
    if found = 0 then break;
    result := result + copy(s, at, found - at) + new_;
    at := found + length(old)
  until not (rfreplaceall in flags);
  result := result + copy(s, at, length(s))
end;

function ansiquotedstr(const s: string; quote: char): string;
var i: integer;
begin
  result := quote;
  for i := 1 to length(s) do begin
    if s[i] = quote then result := result + quote;
    result := result + s[i]
  end;
  result := result + quote
end;

function quotedstr(const s: string): string;
begin
  result := ansiquotedstr(s, '''')
end;

function adjustlinebreaks(const s: string): string;
begin
  result := stringreplace(s, #13#10, #10, [rfreplaceall])
end;

function isdelimiter(const delimiters, s: string; i: integer): boolean;
begin
  result := (i >= 1) and (i <= length(s)) and (pos(s[i], delimiters) > 0)
end;

function lastdelimiter(const delimiters, s: string): integer;
begin
  result := length(s);
  while (result > 0) and (pos(s[result], delimiters) = 0) do dec(result)
end;

function wraptext(const s: string; most: integer): string;
var rest: string; at: integer;
begin
  rest := s;
  result := '';
  while length(rest) > most do begin
    at := most + 1;
    while (at > 1) and (rest[at] <> ' ') do dec(at);
    if at = 1 then at := most;
    result := result + copy(rest, 1, at) + #10;
    delete(rest, 1, at)
  end;
  result := result + rest
end;

procedure appendstr(var s: string; const t: string);
begin
  s := s + t
end;

function strpas(p: pchar): string;
begin
  result := p
end;

function strlen(p: pchar): integer;
begin
  result := 0;
  if p <> nil then
    while p[result] <> #0 do inc(result)
end;

function isvalidident(const s: string): boolean;
var i: integer;
begin
  result := (s <> '') and (s[1] in ['A'..'Z', 'a'..'z', '_']);
  for i := 2 to length(s) do
    result := result and (s[i] in ['A'..'Z', 'a'..'z', '_', '0'..'9'])
end;

function charinset(c: char; const s: tsyscharset): boolean;
begin
  result := c in s
end;

{ ---- files ---- }

function fileexists(const name: string): boolean;
var f: file;
begin
  if name = '' then exit(false);
  assign(f, name);
  {$I-} reset(f, 1); {$I+}
  result := ioresult = 0;
  if result then close(f)
end;

function extractfilename(const name: string): string;
begin
  result := copy(name, lastdelimiter('/', name) + 1, length(name))
end;

function extractfilepath(const name: string): string;
begin
  result := copy(name, 1, lastdelimiter('/', name))
end;

function extractfiledir(const name: string): string;
var i: integer;
begin
  i := lastdelimiter('/', name);
  if i > 1 then dec(i);
  result := copy(name, 1, i)
end;

function extractfileext(const name: string): string;
var i: integer;
begin
  i := lastdelimiter('./', name);
  if (i > 0) and (name[i] = '.') then result := copy(name, i, length(name)) else result := ''
end;

function changefileext(const name, ext: string): string;
var i: integer;
begin
  i := lastdelimiter('./', name);
  if (i = 0) or (name[i] <> '.') then i := length(name) + 1;
  result := copy(name, 1, i - 1) + ext
end;

function includetrailingpathdelimiter(const s: string): string;
begin
  if (s <> '') and (s[length(s)] = '/') then result := s else result := s + '/'
end;

function excludetrailingpathdelimiter(const s: string): string;
begin
  result := s;
  if (s <> '') and (s[length(s)] = '/') then setlength(result, length(s) - 1)
end;

function includetrailingbackslash(const s: string): string;
begin
  result := includetrailingpathdelimiter(s)
end;

{ ---- dates: days since 30 December 1899 ---- }

function now: tdatetime;
begin
  result := unixtime / 86400.0 + unixdatedelta
end;

function date: tdatetime;
begin
  result := trunc(now)
end;

function time: tdatetime;
begin
  result := frac(now)
end;

function isleapyear(year: word): boolean;
begin
  result := (year mod 4 = 0) and ((year mod 100 <> 0) or (year mod 400 = 0))
end;

function days_in(year, month: word): integer;
const days: array [1..12] of integer = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);
begin
  result := days[month];
  if (month = 2) and isleapyear(year) then inc(result)
end;

function tryencodedate(year, month, day: word; out d: tdatetime): boolean;
var y, m: integer;
begin
  d := 0;
  result := (year >= 1) and (year <= 9999) and (month >= 1) and (month <= 12) and (day >= 1);
  if not result then exit;
  result := day <= days_in(year, month);
  if not result then exit;
  y := year; m := month; { years begin in March here: the leap day is the last one }
  if m > 2 then m := m - 3 else begin m := m + 9; dec(y) end;
  d := (146097 * (y div 100)) div 4 + (1461 * (y mod 100)) div 4 + (153 * m + 2) div 5 + day - 693900
end;

function encodedate(year, month, day: word): tdatetime;
begin
  if not tryencodedate(year, month, day, result) then
    raise econverterror.create(format('%d-%d-%d is not a valid date specification', [year, month, day]))
end;

procedure decodedate(d: tdatetime; out year, month, day: word);
var n, y, m: integer;
begin
  n := 4 * (trunc(d) + 693900) - 1;
  y := n div 146097;
  n := 4 * ((n mod 146097) div 4) + 3;
  y := 100 * y + n div 1461;
  n := 5 * ((n mod 1461 + 4) div 4) - 3;
  m := n div 153;
  day := (n mod 153 + 5) div 5;
  if m < 10 then m := m + 3 else begin m := m - 9; inc(y) end;
  year := y;
  month := m
end;

function encodetime(hour, minute, second, msec: word): tdatetime;
begin
  if (hour > 23) or (minute > 59) or (second > 59) or (msec > 999) then
    raise econverterror.create(format('%d:%d:%d.%d is not a valid time specification', [hour, minute, second, msec]));
  result := (hour * 3600000.0 + minute * 60000.0 + second * 1000.0 + msec) / msecsperday
end;

procedure decodetime(d: tdatetime; out hour, minute, second, msec: word);
var n: integer;
begin
  n := round(abs(frac(d)) * msecsperday) mod msecsperday;
  hour := n div 3600000;
  minute := n div 60000 mod 60;
  second := n div 1000 mod 60;
  msec := n mod 1000
end;

function dayofweek(d: tdatetime): integer;
begin
  result := 1 + abs(trunc(d) - 1) mod 7
end;

function incmonth(d: tdatetime; n: integer): tdatetime;
var y, m, day: word; k: integer;
begin
  decodedate(d, y, m, day);
  k := y * 12 + m - 1 + n;
  y := k div 12;
  m := k mod 12 + 1;
  if day > days_in(y, m) then day := days_in(y, m);
  result := encodedate(y, m, day) + frac(d)
end;

function padded(n, width: integer): string;
begin
  str(n, result);
  while length(result) < width do result := '0' + result
end;

function formatdatetime(const pattern: string; d: tdatetime): string;
var y, m, day, h, min, sec, ms: word; i, n: integer; c: char; after_hour, half: boolean;
begin
  decodedate(d, y, m, day);
  decodetime(d, h, min, sec, ms);
  result := '';
  half := pos('am/pm', lowercase(pattern)) > 0;
  after_hour := false;
  i := 1;
  while i <= length(pattern) do begin
    c := pattern[i];
    n := 1;
    while (i + n <= length(pattern)) and (upcase(pattern[i + n]) = upcase(c)) do inc(n);
    case upcase(c) of
      'Y': if n <= 2 then result := result + padded(y mod 100, 2) else result := result + padded(y, 4);
      'M': if after_hour then result := result + padded(min, n)
        else case n of
          1, 2: result := result + padded(m, n);
          3: result := result + shortmonthnames[m]
          else result := result + longmonthnames[m]
        end;
      'D': case n of
          1, 2: result := result + padded(day, n);
          3: result := result + shortdaynames[dayofweek(d)]
          else result := result + longdaynames[dayofweek(d)]
        end;
      'H': begin
        if half then result := result + padded((h + 11) mod 12 + 1, n) else result := result + padded(h, n)
      end;
      'N': result := result + padded(min, n);
      'S': result := result + padded(sec, n);
      'Z': result := result + padded(ms, n);
      'A': if lowercase(copy(pattern, i, 5)) = 'am/pm' then begin
          if h < 12 then result := result + 'am' else result := result + 'pm';
          n := 5
        end else result := result + c;
      '/': result := result + dateseparator;
      ':': result := result + timeseparator;
      '''', '"': begin
        n := pos(c, pattern, i + 1) - i;
        if n < 1 then n := length(pattern) - i + 1;
        result := result + copy(pattern, i + 1, n - 1);
        inc(n)
      end
      else result := result + stringofchar(c, n)
    end;
    if upcase(c) = 'H' then after_hour := true
    else if not (c in [':', ' ', '.']) then after_hour := false;
    i := i + n
  end
end;

function datetostr(d: tdatetime): string;
begin
  result := formatdatetime('d/m/yy', d)
end;

function timetostr(d: tdatetime): string;
begin
  result := formatdatetime('hh:nn:ss', d)
end;

function datetimetostr(d: tdatetime): string;
begin
  result := datetostr(d) + ' ' + timetostr(d)
end;

function gettickcount64: qword;
begin
  result := clockms
end;

function gettickcount: cardinal;
begin
  result := clockms and $ffffffff
end;

procedure sleep(ms: integer);
begin
  sleepms(ms)
end;

end.
