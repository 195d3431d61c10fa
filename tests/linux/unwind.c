/* Unwinding through the kernel's code: a thread is cancelled in a system call, and what it left to be cleaned up is; a
 * backtrace is taken in a handler. */
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int pipes[2];
static volatile int depth;

static void cleaned(void *what) { printf("cleaned up: %s\n", (char *)what); }

static void *reader(void *arg)
{
	char c;

	pthread_cleanup_push(cleaned, "outer");
	pthread_cleanup_push(cleaned, "inner");
	if (read(pipes[0], &c, 1) == 1)
		printf("read\n");
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

/* Frames from here to main, which the handler's frame lies between. */
static void on_signal(int sig)
{
	void *at[64];

	depth = backtrace(at, 64);
}

static __attribute__((noinline)) int inner(int sig)
{
	raise(sig);
	return depth + 1;
}

int main(void)
{
	pthread_t t;
	void *result;

	if (pipe(pipes) || pthread_create(&t, NULL, reader, NULL))
		return 1;
	usleep(50000);
	pthread_cancel(t);
	pthread_join(t, &result);
	printf("%s\n", result == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	int a = inner(SIGUSR1), b = inner(SIGUSR2);
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &sa, NULL);
	printf("%d %d\n", a == b, inner(SIGUSR1));
	return 0;
}
