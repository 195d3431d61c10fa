{ error: 2:1: expected a declaration or 'begin' before 'progam'; did you mean 'program'? }
progam misspelt_keyword;
begin
end.
