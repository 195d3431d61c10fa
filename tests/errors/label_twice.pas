{ error: 6:15: the label 10 stands before two statements }
program label_twice;
label 10;
var i: integer;
begin
  10: i := 1; 10: i := 2
end.
