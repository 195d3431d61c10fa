(* expect:
42 -7 00FF 13 5
1|    2|3    |004|str|     right|left  |FF|1.50|2.3|   3.142|%|0.5
b a b1,234,567.89 1.2500000000000000E+001
c ansi    42
12345678901 -12345678901
ABCabc[x y]0TRUETRUE
a--b--cabca--bXc
0.1 1E20 123456.789 -0.00001 0.333333333333333 100
2.50 -1True 'it''s'
b.txt /a/ .txt x.o /a
45351 2024 3 1 5 FALSE
2024-02-29 13:05:09
convert: "abc" is an invalid integer
div: Division by zero
range
EMine: mine 5
cast
convert: 2023-2-29 is not a valid date specification
EAbort: Operation aborted
convert: "1.2.3" is an invalid float
18446744073709551615 1844674407370955161 TRUE 18446744073709551615
6148914691236517205
*)
{$mode objfpc}{$H+}
program su;
uses sysutils;
type EMine = class(Exception) end;
var d: tdatetime; y, m, day: word; a: array of integer; i, z: integer; o: tobject; e: Exception;
  st: string; i64: int64; q: qword;
begin
  writeln(IntToStr(42), ' ', IntToStr(-7), ' ', IntToHex(255, 4), ' ', StrToInt('12') + 1, ' ', StrToIntDef('x', 5));
  writeln(Format('%d|%5d|%-5d|%.3d|%s|%10s|%-6s|%x|%f|%.1f|%8.3f|%%|%g', [1, 2, 3, 4, 'str', 'right', 'left', 255, 1.5, 2.25, 3.14159, 0.5]));
  writeln(Format('%1:s %0:s %s', ['a', 'b']), Format('%n %e', [1234567.891, 12.5]));
  writeln(Format('%s %s', ['c', st + 'ansi']), Format('%*d', [6, 42]));
  i64 := 12345678901; writeln(Format('%d %d', [i64, -i64]));
  writeln(UpperCase('abC'), LowerCase('ABc'), '[', Trim('  x y  '), ']', CompareText('ab', 'AB'), CompareStr('a', 'b') < 0, SameText('a', 'A'));
  writeln(StringReplace('aXbXc', 'X', '--', [rfReplaceAll]), StringReplace('aXbxc', 'x', '', [rfReplaceAll, rfIgnoreCase]), StringReplace('aXbXc', 'X', '--', []));
  writeln(FloatToStr(0.1), ' ', FloatToStr(1e20), ' ', FloatToStr(123456.789), ' ', FloatToStr(-0.00001), ' ', FloatToStr(1/3), ' ', FloatToStr(100));
  writeln(StrToFloat('2.5'):0:2, ' ', BoolToStr(true), BoolToStr(true, true), ' ', QuotedStr('it''s'));
  writeln(ExtractFileName('/a/b.txt'), ' ', ExtractFilePath('/a/b.txt'), ' ', ExtractFileExt('/a/b.txt'), ' ', ChangeFileExt('x.pas', '.o'), ' ', ExtractFileDir('/a/b.txt'));
  d := EncodeDate(2024, 2, 29);
  DecodeDate(d + 1, y, m, day);
  writeln(d:0:0, ' ', y, ' ', m, ' ', day, ' ', DayOfWeek(d), ' ', IsLeapYear(1900));
  writeln(FormatDateTime('yyyy-mm-dd hh:nn:ss', d + EncodeTime(13, 5, 9, 0)));
  for i := 1 to 9 do
    try
      z := 0;
      case i of
        1: writeln(StrToInt('abc'));
        2: writeln(10 div z);
        3: begin setlength(a, 2); a[i] := 1 end;
        5: raise EMine.CreateFmt('mine %d', [5]);
        6: begin o := TObject.Create; try e := o as Exception; writeln(e.message) finally o.free end end;
        7: writeln(EncodeDate(2023, 2, 29):0:0);
        8: Abort;
        9: writeln(StrToFloat('1.2.3'));
      end;
    except
      on c: EConvertError do writeln('convert: ', c.Message);
      on c: EDivByZero do writeln('div: ', c.Message);
      on c: ERangeError do writeln('range');

      on c: EInvalidCast do writeln('cast');
      on c: Exception do writeln(c.ClassName, ': ', c.Message);
    end;
  q := 18446744073709551615; writeln(q, ' ', q div 10, ' ', q > 5, ' ', IntToStr(q));
  writeln(format('%d', [q div 3]));
end.
