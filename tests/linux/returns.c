/* Calls and returns that do not match, and code that goes away between them. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <ucontext.h>

#define NOINLINE __attribute__((noinline, noclone))

/* ---- pushed addresses, thunks --------------------------------------------------------------------------- */

#ifdef __x86_64__
#define A "%rax"
#define SP "%rsp"
#define SKIP "sub $128, %%rsp\n\t"
#define BACK "\n\tadd $128, %%rsp"
#else
#define A "%eax"
#define SP "%esp"
#define SKIP
#define BACK
#endif

static NOINLINE long push_ret(long n)
{
	long x = n;

	__asm__ volatile(SKIP "call 2f\n1:\tjmp 3f\n2:\tlea 4f, %%" "e" "ax\n\tpush %" A "\n\tret\n4:\taddl $5, %0\n\tret\n3:" BACK
		: "+m"(x) : : "eax", "memory", "cc");
	return x;
}

static NOINLINE long call_pop(long n)
{
	long here, twice;

	__asm__ volatile(SKIP "call 1f\n1:\tpop %0\n\tcall 2f\n\tjmp 3f\n2:\tpop %1\n3:\tsub %0, %1" BACK : "=&r"(here), "=&r"(twice) : : "memory", "cc");
	return n + twice;
}

static NOINLINE long twice(long n) { return n * 2; }

static NOINLINE long retpoline(long n, long (*f)(long))
{
	long r;

#ifdef __x86_64__
	__asm__ volatile("sub $136, %%rsp\n\tmov %2, %%rdi\n\tcall 5f\n\tadd $136, %%rsp\n\tjmp 6f\n"
		"5:\tcall 1f\n2:\tpause\n\tlfence\n\tjmp 2b\n1:\tmov %1, (%%rsp)\n\tret\n6:"
		: "=a"(r) : "b"(f), "c"(n) : "rdi", "rsi", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
#else
	__asm__ volatile("push %2\n\tcall 5f\n\tadd $4, %%esp\n\tjmp 6f\n"
		"5:\tcall 1f\n2:\tpause\n\tlfence\n\tjmp 2b\n1:\tmov %1, (%%esp)\n\tret\n6:"
		: "=a"(r) : "b"(f), "c"(n) : "edx", "memory", "cc");
#endif
	return r;
}

static void thunks(void)
{
	long s = 0;

	for (long k = 0; k < 3000; k++)
		s += push_ret(k) + call_pop(k) + retpoline(k, twice);
	printf("thunks %ld\n", s);
}

/* ---- deep, and out of the deep ----------------------------------------------------------------------------- */

static jmp_buf out;
static long volatile depth_left;

static NOINLINE long deep(long n, long x)
{
	if (!n)
		return x;
	return deep(n - 1, x + n) + (n & 1);
}

static NOINLINE long jumps(long n)
{
	if (!n)
		longjmp(out, 7);
	return jumps(n - 1) + 1;
}

static NOINLINE long nested(long n)
{
	long s = 0;

	if (!n)
		return 1;
	if (n % 3 == 0) {
		jmp_buf was;
		memcpy(was, out, sizeof was);
		if (setjmp(out))
			s = 100;
		else
			s = jumps(n);
		memcpy(out, was, sizeof was);
	}
	return s + nested(n - 1);
}

static void deeps(void)
{
	long s = 0;

	for (long k = 0; k < 4; k++)
		s += deep(60000, k) + nested(60);
	if (!setjmp(out))
		jumps(50000);
	printf("deep %ld\n", s);
}

/* ---- other stacks -------------------------------------------------------------------------------------------- */

static ucontext_t main_context, side_context;
static long side_sum;

static NOINLINE void switch_at(long n)
{
	if (n)
		switch_at(n - 1);
	else
		swapcontext(&side_context, &main_context);
	side_sum += n;
}

static void side(void)
{
	for (;;)
		switch_at(4 + side_sum % 5);
}

static NOINLINE long ping(long n)
{
	if (!n)
		return 0;
	swapcontext(&main_context, &side_context);
	return ping(n - 1) + side_sum % 3;
}

static void contexts(void)
{
	static char stack[65536];

	getcontext(&side_context);
	side_context.uc_stack.ss_sp = stack;
	side_context.uc_stack.ss_size = sizeof stack;
	makecontext(&side_context, side, 0);
	printf("contexts %ld", ping(500));
	printf(" %ld\n", side_sum);
}

/* ---- code that is not there any more ---------------------------------------------------------------------------- */

static unsigned char *code;
static void (*volatile change)(void);

static void put(int how, unsigned char add)
{
	/* call change; add eax, imm8; ret -- the caller of what changes it */
#ifdef __x86_64__
	static const unsigned char text[] = { 0x48, 0x83, 0xec, 8, 0xff, 0xd7, 0xb8, 1, 0, 0, 0, 0x83, 0xc0, 0, 0x48, 0x83, 0xc4, 8, 0xc3 };
#else
	static const unsigned char text[] = { 0x90, 0x83, 0xec, 12, 0xff, 0xd0, 0xb8, 1, 0, 0, 0, 0x83, 0xc0, 0, 0x83, 0xc4, 12, 0x90, 0xc3 };
#endif
	if (how == 1)
		munmap(code, 4096);
	if (how != 0)
		mmap(code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	memcpy(code, text, sizeof text);
	code[13] = add;
}

static int how_next;
static unsigned char add_next;

static NOINLINE void rewrite(void) { put(how_next, add_next); }
static NOINLINE void nothing(void) { depth_left++; }

static NOINLINE long run_code(void (*f)(void))
{
#ifdef __x86_64__
	return ((int (*)(void (*)(void)))code)(f);
#else
	long r;
	__asm__ volatile("call *%1" : "=a"(r) : "b"(code), "a"(f) : "ecx", "edx", "memory", "cc");
	return r;
#endif
}

static void changes(void)
{
	long s = 0;

	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	put(0, 3);
	for (int k = 0; k < 300; k++) {
		how_next = k % 3;
		add_next = (unsigned char)(k % 50);
		s = s * 3 % 1000003 + run_code(nothing);
		s = s * 3 % 1000003 + run_code(rewrite);
	}
	printf("changes %ld\n", s);
}

/* ---- signals and processes ------------------------------------------------------------------------------------------ */

static volatile sig_atomic_t ticks;
static sigjmp_buf from_signal;

static void on_alarm(int sig)
{
	if (++ticks % 3 == 0)
		siglongjmp(from_signal, 1);
}

/* Each calls the next one, which lies behind it, twice: no jump goes backwards for a minute. */
#define TREE(n, m) "tree" #n ":\n\tcall tree" #m "\n\tcall tree" #m "\n\tret\n"
#define TREES(t) TREE(t##0, t##1) TREE(t##1, t##2) TREE(t##2, t##3) TREE(t##3, t##4) TREE(t##4, t##5) TREE(t##5, t##6) TREE(t##6, t##7)
__asm__(".text\n" TREES(1) TREE(17, 20) TREES(2) TREE(27, 30) TREES(3) TREE(37, 40) TREES(4) "tree47:\n\tret\n");
static void alarms(void)
{
	struct itimerval it = { { 0, 3000 }, { 0, 3000 } }, off = { { 0, 0 }, { 0, 0 } };

	signal(SIGVTALRM, on_alarm);
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	sigsetjmp(from_signal, 1);
	while (ticks < 12)
		__asm__ volatile(SKIP "call tree10" BACK : : : "memory", "cc");
	setitimer(ITIMER_VIRTUAL, &off, NULL);
	printf("alarms %d\n", ticks >= 12);
}

static NOINLINE long forks(long n)
{
	int status;

	if (n)
		return forks(n - 1) + 1;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		return 1;
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void *in_thread(void *arg)
{
	long s = 0;

	for (long k = 0; k < 20; k++)
		s += deep(2000 + (long)arg, k);
	return (void *)s;
}

/* ---- calls through pointers, from places that all threads share -------------------------------------------------------- */

static NOINLINE long add1(long x) { return x + 1; }
static NOINLINE long add2(long x) { return x + 2; }
static NOINLINE long times3(long x) { return x * 3 % 65521; }
static NOINLINE long flip(long x) { return x ^ 21; }
static long (*const pointers[])(long) = { add1, add2, times3, flip };

static NOINLINE long through(long (*f)(long), long x) { return f(f(x)) + 1; }

static void *through_pointers(void *arg)
{
	long x = 1;

	for (long k = 0; k < 30000; k++)
		x = through(pointers[((long)arg + k / 5000) % 4], x);
	return (void *)x;
}

static long in_threads(void *(*f)(void *))
{
	pthread_t t[4];
	long s = 0;

	for (long k = 0; k < 4; k++)
		pthread_create(&t[k], NULL, f, (void *)k);
	for (long k = 0; k < 4; k++) {
		void *r;
		pthread_join(t[k], &r);
		s = s * 5 + (long)r;
	}
	return s;
}

int main(void)
{
	pid_t me = getpid();

	thunks();
	deeps();
	contexts();
	changes();
	alarms();
	long f = forks(40);
	if (getpid() != me)
		_exit((int)f);
	printf("forks %ld\n", f);
	printf("threads %ld\n", in_threads(in_thread));
	printf("pointers %ld\n", in_threads(through_pointers));
	return 0;
}
