#include <stdbool.h>
#include <stdio.h>

enum { N = 1200000 };

static int a[N + 1], b[N + 1], seed = 1;

static int next(void)
{
	seed = 16807 * (seed % 127773) - 2836 * (seed / 127773);
	if (seed <= 0)
		seed += 2147483647;
	return seed;
}

static void quick(int *a, int left, int right)
{
	int i = left, j = right, pivot = a[left + (right - left) / 2], t;
	do {
		while (a[i] < pivot)
			i++;
		while (a[j] > pivot)
			j--;
		if (i <= j) {
			t = a[i];
			a[i++] = a[j];
			a[j--] = t;
		}
	} while (i <= j);
	if (left < j)
		quick(a, left, j);
	if (i < right)
		quick(a, i, right);
}

static void sift(int *a, int root, int last)
{
	int v = a[root];
	bool done = false;
	while (!done && 2 * root <= last) {
		int child = 2 * root;
		if (child < last && a[child] < a[child + 1])
			child++;
		if (v >= a[child]) {
			done = true;
		} else {
			a[root] = a[child];
			root = child;
		}
	}
	a[root] = v;
}

static void heap(int *a)
{
	for (int i = N / 2; i >= 1; i--)
		sift(a, i, N);
	for (int i = N; i >= 2; i--) {
		int t = a[1];
		a[1] = a[i];
		a[i] = t;
		sift(a, 1, i - 1);
	}
}

int main(void)
{
	bool same = true;
	for (int i = 1; i <= N; i++)
		a[i] = b[i] = next();
	quick(a, 1, N);
	heap(b);
	for (int i = 1; i <= N; i++)
		if (a[i] != b[i])
			same = false;
	printf("%s %d %d %d\n", same ? "TRUE" : "FALSE", a[1], a[N / 2], a[N]);
}
