#include <math.h>
#include <stdio.h>

enum { N = 2000 };

static double u[N], v[N], w[N];

static double a(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(double *x, double *y)
{
	for (int i = 0; i < N; i++) {
		double s = 0;
		for (int j = 0; j < N; j++)
			s += a(i, j) * x[j];
		y[i] = s;
	}
}

static void transposed(double *x, double *y)
{
	for (int i = 0; i < N; i++) {
		double s = 0;
		for (int j = 0; j < N; j++)
			s += a(j, i) * x[j];
		y[i] = s;
	}
}

static void both(double *x, double *y)
{
	times(x, w);
	transposed(w, y);
}

int main(void)
{
	double uv = 0, vv = 0;
	for (int i = 0; i < N; i++)
		u[i] = 1;
	for (int i = 0; i < 10; i++) {
		both(u, v);
		both(v, u);
	}
	for (int i = 0; i < N; i++) {
		uv += u[i] * v[i];
		vv += v[i] * v[i];
	}
	printf("%.9f\n", sqrt(uv / vv));
}
