program uplevel_deep;
{ expect:
123 248
187 384
24
}
var g: integer;
procedure a(n: integer);
var va: integer;
  procedure b(m: integer);
  var vb: integer;
    procedure c(k: integer);
    begin
      va := va + k; vb := vb + m; g := g + n;
      if k > 0 then b(k - 1)
    end;
  begin
    vb := 0;
    c(m);
    va := va * 2 + vb
  end;
  function d: integer;
    function e: integer; begin e := va + n end;
  begin d := e * 2 end;
begin
  va := n;
  b(3);
  writeln(va, ' ', d)
end;
begin
  g := 0; a(1); a(5); writeln(g)
end.
