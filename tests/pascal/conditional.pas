{ Conditional compilation and included files. }
{ fpc: no }
{ expect:
oncetwice
range checks on, overflow checks off
defined
gone
}
program conditional(output);
{$ifdef FPC} this is not { Pascal } and don't look at (* what *) stands 'here // {$endif}
  {$ifdef anything} {$else} {$endif}
  {$if whatever} {$elseif other} {$endif}
{$else}
const
  s = {$i conditional.inc};
{$endif}
{$define Flag}
{$Q-}
begin
{$ifndef FLAG} nothing {$else}
  writeln(s);
{$endif}
  write('range checks ', {$ifopt R+} 'on' {$else} 'off' {$endif});
  writeln(', overflow checks ', {$ifopt Q+} 'on' {$else} 'off' {$endif});
  {$ifdef flag} writeln('defined'); {$endif}
  {$undef flag}
  (*$ifdef flag*) writeln('still here'); (*$else*) writeln('gone') (*$endif*)
  {$ifndef PVM} impossible {$endif}
end.
