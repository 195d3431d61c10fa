/* The Mandelbrot set. */
#include "bench.h"

static long work(long n)
{
	long inside = 0;

	for (long r = 0; r < n; r++) {
		double ci = -1.2 + 2.4 * (double)(r % 1000) / 1000;
		for (int x = 0; x < 600; x++) {
			double cr = -2 + 3.0 * x / 600, zr = 0, zi = 0;
			int k = 0;
			for (; k < 500 && zr * zr + zi * zi < 4; k++) {
				double t = zr * zr - zi * zi + cr;
				zi = 2 * zr * zi + ci;
				zr = t;
			}
			inside += k;
		}
	}
	return inside;
}
