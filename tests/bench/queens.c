#include <stdint.h>
#include <stdio.h>

enum { N = 13 };

static int solutions;

static void place(int row, uint32_t cols, uint32_t up, uint32_t down)
{
	for (int c = 0; c < N; c++)
		if (!(cols >> c & 1) && !(up >> (row + c) & 1) && !(down >> (row - c + N) & 1)) {
			if (row == N - 1)
				solutions++;
			else
				place(row + 1, cols | 1u << c, up | 1u << (row + c), down | 1u << (row - c + N));
		}
}

int main(void)
{
	place(0, 0, 0, 0);
	printf("%d\n", solutions);
}
