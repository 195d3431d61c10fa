{ error: 3:8: expected a type before 'begin' }
program bad_type;
var a: begin;
begin
end.
