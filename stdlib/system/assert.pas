{ assert: ends the program where something is not as it was thought to be. }
procedure assert(b: boolean; const msg: ansistring = '');
begin
  if not b then begin
    if msg <> '' then writeln(stderr, msg);
    runerror(227)
  end
end;
