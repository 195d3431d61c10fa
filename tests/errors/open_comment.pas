{ error: 4:3: this comment is not closed }
program open_comment;
begin
  { not closed
end.
