#include <stdbool.h>
#include <stdio.h>

enum { N = 10 };

static int p[N + 1], q[N + 1], s[N + 1], sign, maxflips, sum;

static void run(void)
{
	bool done = false;
	sign = 1;
	for (int i = 1; i <= N; i++)
		p[i] = q[i] = s[i] = i;
	do {
		int q1 = p[1], t;
		if (q1 != 1) {
			int flips = 1, qq;
			for (int i = 2; i <= N; i++)
				q[i] = p[i];
			do {
				qq = q[q1];
				if (qq == 1) {
					sum += sign * flips;
					if (flips > maxflips)
						maxflips = flips;
				} else {
					q[q1] = q1;
					if (q1 >= 4) {
						int i = 2, j = q1 - 1;
						do {
							t = q[i];
							q[i++] = q[j];
							q[j--] = t;
						} while (i < j);
					}
					q1 = qq;
					flips++;
				}
			} while (qq != 1);
		}
		if (sign == 1) {
			t = p[1];
			p[1] = p[2];
			p[2] = t;
			sign = -1;
		} else {
			int i = 3, sx = 0;
			t = p[2];
			p[2] = p[3];
			p[3] = t;
			sign = 1;
			while (i <= N && sx == 0) {
				sx = s[i];
				if (sx != 1) {
					s[i] = sx - 1;
				} else {
					sx = 0;
					if (i == N) {
						done = true;
						sx = 1;
					} else {
						s[i] = i;
						t = p[1];
						for (int m = 1; m <= i; m++)
							p[m] = p[m + 1];
						p[i + 1] = t;
						i++;
					}
				}
			}
		}
	} while (!done);
}

int main(void)
{
	run();
	printf("%d %d\n", sum, maxflips);
}
