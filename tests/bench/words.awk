# The text for the word count: awk -f words.awk > out/bench/words.in
BEGIN {
	seed = 1
	for (i = 1; i <= 3000000; i++) {
		seed = (seed * 16807) % 2147483647
		k = int(seed / 2147483647 * seed % 3000)
		w = ""
		for (j = k + 27; j > 0; j = int(j / 26))
			w = w sprintf("%c", 97 + j % 26)
		printf "%s%s", (i % 7 == 0 ? toupper(w) : w), (i % 11 == 0 ? ".\n" : i % 5 == 0 ? ", " : " ")
	}
	print "."
}
