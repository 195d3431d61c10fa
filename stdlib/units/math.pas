{ math: functions of real numbers beyond those of the language. }
unit math;
interface
function floor(x: real): int64;
function ceil(x: real): int64;
function power(x, y: real): real;
function intpower(x: real; n: integer): real;
function log2(x: real): real;
function log10(x: real): real;
function logn(n, x: real): real;
function tan(x: real): real;
function cotan(x: real): real;
function arcsin(x: real): real;
function arccos(x: real): real;
function arctan2(y, x: real): real;
function sinh(x: real): real;
function cosh(x: real): real;
function tanh(x: real): real;
function hypot(x, y: real): real;
function degtorad(x: real): real;
function radtodeg(x: real): real;
function sign(x: real): integer;
implementation
const
	half_pi = 1.5707963267948966;
	degree = 0.017453292519943295;

function floor(x: real): int64;
var n: int64;
begin
	n := trunc(x);
	if n > x then n := n - 1;
	floor := n
end;

function ceil(x: real): int64;
var n: int64;
begin
	n := trunc(x);
	if n < x then n := n + 1;
	ceil := n
end;

function intpower(x: real; n: integer): real;
var r: real; k: int64;
begin
	r := 1;
	k := abs(int64(n));
	while k > 0 do begin
		if odd(k) then r := r * x;
		k := k div 2;
		if k > 0 then x := x * x
	end;
	if n < 0 then intpower := 1 / r else intpower := r
end;

function power(x, y: real): real;
begin
	if y = 0 then
		power := 1
	else if (x = 0) and (y > 0) then
		power := 0
	else if (abs(y) <= maxint) and (y = trunc(y)) then
		power := intpower(x, trunc(y))
	else
		power := exp(y * ln(x))
end;

function log2(x: real): real;
begin
	log2 := ln(x) / 0.6931471805599453
end;

function log10(x: real): real;
begin
	log10 := ln(x) / 2.302585092994046
end;

function logn(n, x: real): real;
begin
	logn := ln(x) / ln(n)
end;

function tan(x: real): real;
begin
	tan := sin(x) / cos(x)
end;

function cotan(x: real): real;
begin
	cotan := cos(x) / sin(x)
end;

function arctan2(y, x: real): real;
begin
	if x > 0 then
		arctan2 := arctan(y / x)
	else if x < 0 then
		if y >= 0 then arctan2 := arctan(y / x) + 2 * half_pi else arctan2 := arctan(y / x) - 2 * half_pi
	else if y > 0 then
		arctan2 := half_pi
	else if y < 0 then
		arctan2 := -half_pi
	else
		arctan2 := 0
end;

function arcsin(x: real): real;
begin
	arcsin := arctan2(x, sqrt((1 - x) * (1 + x)))
end;

function arccos(x: real): real;
begin
	arccos := arctan2(sqrt((1 - x) * (1 + x)), x)
end;

function sinh(x: real): real;
begin
	sinh := (exp(x) - exp(-x)) / 2
end;

function cosh(x: real): real;
begin
	cosh := (exp(x) + exp(-x)) / 2
end;

function tanh(x: real): real;
begin
	if x > 20 then tanh := 1 else if x < -20 then tanh := -1 else tanh := 1 - 2 / (exp(2 * x) + 1)
end;

function hypot(x, y: real): real;
var t: real;
begin
	x := abs(x);
	y := abs(y);
	if x < y then begin t := x; x := y; y := t end;
	if x = 0 then hypot := 0 else hypot := x * sqrt(1 + sqr(y / x))
end;

function degtorad(x: real): real;
begin
	degtorad := x * degree
end;

function radtodeg(x: real): real;
begin
	radtodeg := x / degree
end;

function sign(x: real): integer;
begin
	sign := ord(x > 0) - ord(x < 0)
end;

end.
