{ error: 3:7: this label is declared and used but stands before no statement }
program label_missing;
label 10;
begin
  goto 10
end.
