#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 4095 };

typedef struct word { unsigned char n; char s[23]; } word;
typedef struct entry { word w; int count; struct entry *next; } entry;

static entry *table[SIZE + 1];
static int total, lines, different, most = 1;
static word w, best;

static int compare(const word *a, const word *b)
{
	int c = memcmp(a->s, b->s, a->n < b->n ? a->n : b->n);
	return c ? c : a->n - b->n;
}

static void note(word *w)
{
	int h = 0;
	entry *p;
	for (int i = 0; i < w->n; i++)
		h = (h * 31 + (unsigned char)w->s[i]) % 1000003;
	h %= SIZE + 1;
	for (p = table[h]; p; p = p->next)
		if (p->w.n == w->n && !memcmp(p->w.s, w->s, w->n)) {
			p->count++;
			if (p->count > most || (p->count == most && compare(&p->w, &best) < 0)) {
				most = p->count;
				best = p->w;
			}
			return;
		}
	p = malloc(sizeof *p);
	p->w = *w;
	p->count = 1;
	p->next = table[h];
	table[h] = p;
	different++;
}

static void finish(void)
{
	if (!w.n)
		return;
	total++;
	note(&w);
	w.n = 0;
}

int main(void)
{
	int c;
	while ((c = getchar()) != EOF) {
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
			if (w.n < 23)
				w.s[w.n++] = (char)c;
			continue;
		}
		finish();
		lines += c == '\n';
	}
	finish();
	printf("%d %d %d %.*s %d\n", lines, total, different, best.n, best.s, most);
}
