{ randomize: starts another sequence of random numbers, chosen by the clock. }
procedure randomize;
begin
	if random_next >= 0 then { loads what random_start belongs to }
		random_start(unixtime * 1000 + clockms)
end;
