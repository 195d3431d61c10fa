/* Binary trees, by malloc and free. */
#include "bench.h"

typedef struct Node { struct Node *l, *r; } Node;

static Node *make(int depth)
{
	Node *t = malloc(sizeof *t);

	t->l = depth ? make(depth - 1) : NULL;
	t->r = depth ? make(depth - 1) : NULL;
	return t;
}

static long count(const Node *t) { return t ? 1 + count(t->l) + count(t->r) : 0; }

static void drop(Node *t)
{
	if (t) {
		drop(t->l);
		drop(t->r);
		free(t);
	}
}

static long work(long n)
{
	long sum = 0;

	for (long k = 0; k < n * 6; k++) {
		Node *t = make(10);
		sum += count(t);
		drop(t);
	}
	return sum;
}
