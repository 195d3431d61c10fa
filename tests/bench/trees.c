#include <stdio.h>
#include <stdlib.h>

enum { MINDEPTH = 4, MAXDEPTH = 18 };

typedef struct node { struct node *left, *right; } node;

static node *make(int depth)
{
	node *t = malloc(sizeof *t);
	t->left = t->right = NULL;
	if (depth > 0) {
		t->left = make(depth - 1);
		t->right = make(depth - 1);
	}
	return t;
}

static int count(node *t) { return t->left ? 1 + count(t->left) + count(t->right) : 1; }

static void drop(node *t)
{
	if (t->left) {
		drop(t->left);
		drop(t->right);
	}
	free(t);
}

int main(void)
{
	node *lng = make(MAXDEPTH);
	for (int depth = MINDEPTH; depth <= MAXDEPTH; depth += 4) {
		int rounds = 1 << (MAXDEPTH - depth + MINDEPTH - 2), check = 0;
		for (int i = 0; i < rounds; i++) {
			node *t = make(depth);
			check += count(t);
			drop(t);
		}
		printf("%d trees of depth %d check: %d\n", rounds, depth, check);
	}
	printf("long lived tree of depth %d check: %d\n", MAXDEPTH, count(lng));
}
