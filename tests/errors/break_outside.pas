{ error: 4:3: 'break' is only allowed inside a loop }
program break_outside;
begin
  break
end.
