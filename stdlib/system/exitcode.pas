{ exitcode: where programs of Turbo Pascal note how they mean to end.  It does not become the status by itself. }
var exitcode: integer;
