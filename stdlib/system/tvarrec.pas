{ tvarrec: an element of `array of const`. }
const
  vtinteger = 0; vtboolean = 1; vtchar = 2; vtextended = 3; vtstring = 4; vtpointer = 5; vtpchar = 6; vtobject = 7; vtclass = 8;
  vtansistring = 11; vtint64 = 16; vtqword = 17;
type
  pvarrec = ^tvarrec;
  tvarrec = record
    vtype: integer;
    case integer of
      0: (vinteger: integer);
      1: (vboolean: boolean);
      2: (vchar: char);
      3: (vextended: pextended);
      4: (vstring: pshortstring);
      5: (vpointer: pointer);
      6: (vpchar: pchar);
      7: (vobject: tobject);
      8: (vclass: tclass);
      11: (vansistring: pointer);
      16: (vint64: pint64);
      17: (vqword: pqword)
  end;
