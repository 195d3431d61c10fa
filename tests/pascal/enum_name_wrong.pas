{ input: blue }
{ status: 107 }
{ stderr: run-time error 107: no name of an enumeration }
{ fpc: no }
{ expect: }
program enum_name_wrong(input, output);
var c: (red, green);
begin
  read(c)
end.
