{ error: 7:5: the predefined 'sqr' cannot be a parameter }
program predefined_param;
procedure q(function g(x: real): real);
begin
end;
begin
  q(sqr)
end.
