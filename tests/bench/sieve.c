#include <stdbool.h>
#include <stdio.h>

enum { SIZE = 4000000, ROUNDS = 8 };

static bool flags[SIZE + 1];

int main(void)
{
	int count = 0;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 2; i <= SIZE; i++)
			flags[i] = true;
		count = 0;
		for (int i = 2; i <= SIZE; i++)
			if (flags[i]) {
				count++;
				for (int k = i + i; k <= SIZE; k += i)
					flags[k] = false;
			}
	}
	printf("%d\n", count);
}
