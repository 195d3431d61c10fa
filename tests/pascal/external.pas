(* modes: interp,eval,jit,hot,fpc *)
(* options: --allow-ffi *)
(* expect:
5 5 1024.0 X
14
TRUE
*)
{$mode objfpc}{$H+}
program ffi;
uses sysutils;
function strlen(s: pchar): int64; cdecl; external 'c';
function labs(n: int64): int64; cdecl; external 'c' name 'labs';
function pow(x, y: double): double; cdecl; external 'm';
function getenv(s: pchar): pchar; cdecl; external;
function toupper(c: integer): integer; cdecl; external;
procedure qsort(base: pointer; n, size: qword; f: pointer); cdecl; external 'c';
function memset(var x; c: integer; n: int64): pointer; cdecl; external;
var s: string; a: array [1..4] of byte;
begin
  s := 'hello';
  writeln(strlen(pchar(s)), ' ', labs(-5), ' ', pow(2, 10):0:1, ' ', chr(toupper(ord('x'))));
  memset(a, 7, 4);
  writeln(a[1] + a[4]);
  writeln(getenv('PVM_T') = nil);
end.
