#include <stdio.h>

enum { N = 500 };

typedef double matrix[N][N];

static matrix a, b, c;

static void multiply(matrix a, matrix b, matrix c)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			double s = 0;
			for (int k = 0; k < N; k++)
				s += a[i][k] * b[k][j];
			c[i][j] = s;
		}
}

int main(void)
{
	double trace = 0;
	for (int i = 1; i <= N; i++)
		for (int j = 1; j <= N; j++) {
			a[i - 1][j - 1] = (double)(i - j) / N;
			b[i - 1][j - 1] = (double)(i + 2 * j) / N;
		}
	multiply(a, b, c);
	multiply(c, b, a);
	for (int i = 0; i < N; i++)
		trace += a[i][i];
	printf("%.3f\n", trace);
}
