/* Products of matrices. */
#include "bench.h"

enum { N = 64 };
static double a[N][N], b[N][N], c[N][N];

static long work(long n)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			a[i][j] = i + j * 0.5;
			b[i][j] = i - j * 0.25;
		}
	for (long r = 0; r < n * 3; r++) {
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++) {
				double s = 0;
				for (int k = 0; k < N; k++)
					s += a[i][k] * b[k][j];
				c[i][j] = s;
			}
		a[r % N][3] = c[5][r % N] * 1e-6;
	}
	mixd(c[7][9]);
	return 0;
}
