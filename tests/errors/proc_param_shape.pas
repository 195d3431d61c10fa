{ error: 11:5: this argument is of another type function }
program proc_param_shape;
function f(x: real): real;
begin
  f := x
end;
procedure q(function g(i: integer): integer);
begin
end;
begin
  q(f)
end.
