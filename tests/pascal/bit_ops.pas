program bit_ops;
{ expect:
240 4095 3855 -256 4080 255
200 65535 4294967295 4294967295 4294967294 131070 65735
1099511627776 4 -366503875925 776 1
18 52 TRUE -3 -1
205 65525 1099511627777
}
var i, j: integer; b: byte; w: word; c: cardinal; l: int64;
begin
  i := $0ff0; j := 255;
  writeln(i and j, ' ', i or j, ' ', i xor j, ' ', not j, ' ', j shl 4, ' ', i shr 4);
  b := 200; w := 65535; c := 4294967295; l := c;
  writeln(b, ' ', w, ' ', c, ' ', l, ' ', c - 1, ' ', w * 2, ' ', b + w);
  l := 1; l := l shl 40; writeln(l, ' ', l shr 38, ' ', -l div 3, ' ', l mod 1000, ' ', (l + 1) and 255);
  writeln(hi($1234), ' ', lo($1234), ' ', odd(7), ' ', -7 div 2, ' ', -7 mod 2);
  inc(b, 5); dec(w, 10); inc(l); writeln(b, ' ', w, ' ', l)
end.
