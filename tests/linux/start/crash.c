/* Dies in the way that its argument names, several calls deep; with a second argument, within a signal's handler.  The test
 * knows the lines that are marked. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEP __attribute__((noinline, noclone))

static volatile int zero;
static char **args;

KEEP int fault(char **argv)
{
	volatile int *p = (int *)16;

	switch (argv[1][0]) {
	case 's': return *p;                       /* line 17 */
	case 'a': abort();                         /* line 18 */
	case 'f': return 5 / zero;                 /* line 19 */
	case 'i': __builtin_trap();                /* line 20 */
	case 'j': return ((int (*)(void))(unsigned long)zero)() + zero; /* line 21 */
	case 'r': raise(SIGBUS);                   /* line 22 */
	}
	return 0;
}

KEEP static int compare(const void *a, const void *b)
{
	return fault(args) + 1;                    /* line 29 */
}

KEEP int middle(char **argv)
{
	int v[2] = {2, 1};

	args = argv;
	qsort(v, 2, sizeof *v, compare);           /* line 37 */
	return v[0] + 1;
}

KEEP static void on_signal(int sig)
{
	printf("%d\n", middle(args) + 1);          /* line 43 */
}

int main(int argc, char **argv)
{
	args = argv;
	if (argc > 2) {
		signal(SIGUSR1, on_signal);
		raise(SIGUSR1);                        /* line 51 */
	}
	printf("%d\n", middle(argv) + 1);          /* line 53 */
	return 0;
}
