#include <stdio.h>
#include <string.h>

enum { N = 2000, ROUNDS = 300 };

/* Pascal's short strings: a length and the characters. */
typedef struct word { unsigned char n; char s[31]; } word;
typedef struct str { unsigned char n; char s[255]; } str;

static word w[N + 1];
static int seed = 7;

static int next(int m)
{
	seed = 16807 * (seed % 127773) - 2836 * (seed / 127773);
	if (seed <= 0)
		seed += 2147483647;
	return seed % m;
}

static void make(word *s)
{
	int n = 3 + next(12);
	s->n = 0;
	for (int i = 0; i < n; i++)
		if (s->n < 31)
			s->s[s->n++] = (char)('a' + next(8));
}

static void reverse(word *s)
{
	for (int i = 0, j = s->n - 1; i < j; i++, j--) {
		char c = s->s[i];
		s->s[i] = s->s[j];
		s->s[j] = c;
	}
}

static int compare(const char *a, int an, const char *b, int bn)
{
	int c = memcmp(a, b, (size_t)(an < bn ? an : bn));
	return c ? c : an - bn;
}

static void shellsort(void)
{
	for (int gap = N / 2; gap > 0; gap /= 2)
		for (int i = gap + 1; i <= N; i++) {
			word t = w[i];
			int j = i - gap;
			while (j > 0 && compare(t.s, t.n, w[j].s, w[j].n) < 0) {
				w[j + gap] = w[j];
				j -= gap;
			}
			w[j + gap] = t;
		}
}

static int find(const char *what, const str *in)
{
	int n = (int)strlen(what);
	for (int i = 0; i + n <= in->n; i++)
		if (!memcmp(in->s + i, what, (size_t)n))
			return i + 1;
	return 0;
}

int main(void)
{
	int hits = 0, total = 0;
	str line, part;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 1; i <= N; i++)
			make(&w[i]);
		shellsort();
		line.n = 0;
		for (int i = 1; i <= N; i++) {
			reverse(&w[i]);
			if (line.n + w[i].n > 200) {
				if (find("cab", &line))
					hits++;
				part.n = (unsigned char)(line.n < 20 ? 0 : line.n - 19 < 60 ? line.n - 19 : 60);
				memcpy(part.s, line.s + 19, part.n);
				if (compare(part.s, part.n, line.s, line.n) > 0)
					hits++;
				line.n = part.n;
				memcpy(line.s, part.s, part.n);
			}
			memcpy(line.s + line.n, w[i].s, w[i].n);
			line.n = (unsigned char)(line.n + w[i].n);
			total += line.n;
		}
	}
	printf("%d %d %.*s %.*s\n", hits, total, w[1].n, w[1].s, w[N].n, w[N].s);
}
