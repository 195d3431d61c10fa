/* The spectral norm of an infinite matrix. */
#include <math.h>
#include "bench.h"

enum { N = 100 };
static double a(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(const double *v, double *to, int turned)
{
	for (int i = 0; i < N; i++) {
		to[i] = 0;
		for (int j = 0; j < N; j++)
			to[i] += (turned ? a(j, i) : a(i, j)) * v[j];
	}
}

static long work(long n)
{
	double u[N], v[N], t[N], uv = 0, vv = 0;

	for (long k = 0; k < n * 3; k++) {
		for (int i = 0; k % 8 == 0 && i < N; i++)
			u[i] = 1;
		times(u, t, 0); times(t, v, 1);
		times(v, t, 0); times(t, u, 1);
	}
	for (int i = 0; i < N; i++) {
		uv += u[i] * v[i];
		vv += v[i] * v[i];
	}
	mixd(sqrt(uv / vv));
	return 0;
}
