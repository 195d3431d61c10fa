# A big program for measuring the front end: awk -v n=PROCEDURES -f big.awk.  Each procedure is called once.
BEGIN {
	print "program big;\ntype\n  vector = array [1..20] of integer;\n  pair = record\n    x, y: real;\n    n: integer\n  end;"
	print "var\n  v: vector;\n  p: pair;\n  total: integer;\n"
	for (i = 1; i <= n; i++) {
		printf "procedure work%d(var v: vector; k: integer);\nvar\n  i, j, s: integer;\n  p: pair;\nbegin\n", i
		printf "  s := k;\n  p.x := k / %d;\n  p.y := 0;\n  p.n := 0;\n", i % 97 + 2
		print  "  for i := 1 to 20 do begin\n    v[i] := v[i] + i * k mod 7;\n    if v[i] > 1000 then\n      v[i] := v[i] - 1000\n    else"
		print  "      s := s + v[i] div 3\n  end;"
		print  "  j := 1;\n  while (j < 20) and (v[j] <> s) do begin\n    case v[j] mod 4 of\n      0: p.n := p.n + 1;\n      1: p.x := p.x + v[j];"
		print  "      2: p.y := p.y - p.x * 0.5;\n      3: s := s - 1\n    end;\n    j := j + 1\n  end;"
		print  "  repeat\n    p.n := p.n - 1;\n    v[j] := v[j] + p.n\n  until p.n <= 0;"
		print  "  with p do\n    if x > y then\n      n := trunc(x - y) mod 100\n    else\n      n := 0;"
		print  "  total := (total + s + p.n) mod 1000000\nend;\n"
	}
	print "begin\n  for total := 1 to 20 do\n    v[total] := total;\n  total := 0;"
	for (i = 1; i <= n; i++)
		printf "  work%d(v, %d);\n", i, i % 50
	print "  writeln(total)\nend."
}
