program string_ops;
{ expect:
<trunc> 5
<hellohello> 10
<hellohello-trunc-x> 18
<hellohellohr> 12
<Jellohellohr> 12
TRUETRUEFALSE
<cd> 2
<bc> 2
<> 0
<ab> 2
3000
<aef> 3
<> 0
<XYabcZ> 6
<XYXYabcZabcZ> 12
<a12bc> 5
42 0
2
25.000
2550
<-17> 3
<    17> 6
<2.5> 3
<Qx> 2
<> 0
<> 0
<abc> 3
<abc> 3
}
type s5 = string[5];
var s, t: string; u: s5; i, code: integer; r: real; a: array [1..3] of s5;
procedure show(const x: string); begin writeln('<', x, '> ', length(x)) end;
procedure twice(var x: string); begin x := x + x end;
function join(a, b: string): string; begin join := a + '-' + b end;
begin
  s := 'hello'; u := 'truncated'; show(u);
  twice(s); show(s);
  t := join(s, join(u, 'x')); show(t);
  s := s + s[1] + u[2]; show(s);
  s[1] := 'J'; show(s);
  for i := 1 to 3 do a[i] := chr(64 + i) + 'bc';
  writeln(a[1] < a[2], a[1] + a[2] = 'AbcBbc', a[3] >= 'Cbd');
  show(copy('abcdef', 3, 2)); show(copy('abc', 2, 100)); show(copy('abc', 5, 1)); show(copy('abc', 0, 2));
  writeln(pos('cd', 'abcdef'), pos('x', 'abc'), pos('', 'abc'), pos('abc', 'ab'));
  s := 'abcdef'; delete(s, 2, 3); show(s); delete(s, 1, 100); show(s);
  s := 'abc'; insert('XY', s, 1); insert('Z', s, 100); show(s); insert(s, s, 3); show(s);
  u := 'abcd'; insert('12', u, 2); show(u);
  val('  42', i, code); writeln(i, ' ', code); val('4x', i, code); writeln(code); val('2.5e1', r, code); writeln(r:0:2, code);
  val('$ff', i, code); writeln(i, code);
  str(-17, s); show(s); str(17:6, s); show(s); str(2.5:0:1, u); show(u);
  show(upcase('q') + 'x'); show(''); s := ''; s := s + ''; show(s);
  s := concat('a', 'b', 'c'); show(s); t := s; s[2] := '*'; show(t)
end.
