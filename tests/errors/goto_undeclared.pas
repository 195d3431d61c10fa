{ error: 4:3: the label 10 is not declared }
program goto_undeclared;
begin
  goto 10
end.
