#include <stdio.h>

enum { SIZE = 1400, LIMIT = 100 };

int main(void)
{
	int inside = 0;
	for (int y = 0; y < SIZE; y++) {
		double ci = 2.0 * y / SIZE - 1.0;
		for (int x = 0; x < SIZE; x++) {
			double cr = 2.0 * x / SIZE - 1.5, zr = 0, zi = 0, rr = 0, ii = 0;
			int i = 0;
			while (i < LIMIT && rr + ii <= 4.0) {
				zi = 2.0 * zr * zi + ci;
				zr = rr - ii + cr;
				rr = zr * zr;
				ii = zi * zi;
				i++;
			}
			if (i == LIMIT)
				inside++;
		}
	}
	printf("%d\n", inside);
}
