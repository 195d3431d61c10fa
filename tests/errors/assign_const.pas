{ error: 5:3: 'n' is a constant, not a variable }
program assign_const;
const n = 2;
begin
  n := 3
end.
