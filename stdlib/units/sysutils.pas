{ sysutils: strings and numbers, on strings of at most 255 characters. }
unit sysutils;
interface
function inttostr(n: int64): string;
function strtointdef(const s: string; otherwise_: int64): int64;
function strtoint(const s: string): int64;
function inttohex(n: int64; digits: integer): string;
function uppercase(const s: string): string;
function lowercase(const s: string): string;
function trim(const s: string): string;
function trimleft(const s: string): string;
function trimright(const s: string): string;
function comparestr(const a, b: string): integer;
function comparetext(const a, b: string): integer;
function sametext(const a, b: string): boolean;
function stringofchar(c: char; n: integer): string;
procedure sleep(ms: integer);
implementation

function inttostr(n: int64): string;
var s: string;
begin
	str(n, s);
	inttostr := s
end;

function strtointdef(const s: string; otherwise_: int64): int64;
var n: int64; code: integer;
begin
	val(trim(s), n, code);
	if code = 0 then strtointdef := n else strtointdef := otherwise_
end;

{ Run-time error 106 for what is no number: there are no exceptions. }
function strtoint(const s: string): int64;
var n: int64; code: integer;
begin
	val(trim(s), n, code);
	if code <> 0 then runerror(106);
	strtoint := n
end;

function inttohex(n: int64; digits: integer): string;
const hex: packed array [0..15] of char = '0123456789ABCDEF';
var s: string;
begin
	s := '';
	repeat
		s := hex[n and 15] + s;
		n := n shr 4
	until n = 0;
	while length(s) < digits do s := '0' + s;
	inttohex := s
end;

function uppercase(const s: string): string;
var i: integer; r: string;
begin
	r := s;
	for i := 1 to length(r) do
		if r[i] in ['a'..'z'] then r[i] := chr(ord(r[i]) - 32);
	uppercase := r
end;

function lowercase(const s: string): string;
var i: integer; r: string;
begin
	r := s;
	for i := 1 to length(r) do
		if r[i] in ['A'..'Z'] then r[i] := chr(ord(r[i]) + 32);
	lowercase := r
end;

function trimleft(const s: string): string;
var i: integer;
begin
	i := 1;
	while (i <= length(s)) and (s[i] <= ' ') do i := i + 1;
	trimleft := copy(s, i, 255)
end;

function trimright(const s: string): string;
var n: integer;
begin
	n := length(s);
	while (n > 0) and (s[n] <= ' ') do n := n - 1;
	trimright := copy(s, 1, n)
end;

function trim(const s: string): string;
begin
	trim := trimright(trimleft(s))
end;

function comparestr(const a, b: string): integer;
var i: integer;
begin
	i := 1;
	while (i <= length(a)) and (i <= length(b)) and (a[i] = b[i]) do i := i + 1;
	if (i <= length(a)) and (i <= length(b)) then
		comparestr := ord(a[i]) - ord(b[i])
	else
		comparestr := length(a) - length(b)
end;

function comparetext(const a, b: string): integer;
begin
	comparetext := comparestr(uppercase(a), uppercase(b))
end;

function sametext(const a, b: string): boolean;
begin
	sametext := comparetext(a, b) = 0
end;

function stringofchar(c: char; n: integer): string;
var s: string;
begin
	if n > 255 then n := 255;
	if n < 0 then n := 0;
	s[0] := chr(n);
	fillchar(s[1], n, c);
	stringofchar := s
end;

procedure sleep(ms: integer);
begin
	sleepms(ms)
end;

end.
