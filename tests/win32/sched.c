/* Threads: suspending, their registers, queued calls, timers, pools, fibers, values, names, what waits for what. */
#define _WIN32_WINNT 0x0a00
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static volatile LONG counter;
static volatile int stop;

static DWORD WINAPI spin(void *arg)
{
	while (!stop)
		counter++;
	return 5;
}

static int moving(void)
{
	LONG was = counter;

	Sleep(30);
	return counter != was;
}

static void suspended(void)
{
	HANDLE t = CreateThread(NULL, 0, spin, NULL, 0, NULL);
	CONTEXT c = {0};
	DWORD code;

	while (!counter)
		Sleep(1);
	printf("suspend %lu", SuspendThread(t));
	printf(" %lu, moving %d", SuspendThread(t), moving());
	c.ContextFlags = CONTEXT_FULL;
	printf(", context %d", GetThreadContext(t, &c));
#ifdef _WIN64
	size_t pc = c.Rip, base = (size_t)GetModuleHandleA(NULL);
#else
	size_t pc = c.Eip, base = (size_t)GetModuleHandleA(NULL);
#endif
	printf(" in the program %d", pc > base && pc < base + 0x100000);
	printf(", resume %lu", ResumeThread(t));
	printf(" %d", moving());
	printf(" %lu", ResumeThread(t));
	printf(" %d\n", moving());
	stop = 1;
	WaitForSingleObject(t, INFINITE);
	GetExitCodeThread(t, &code);
	printf("code %lu\n", code);
	t = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
	printf("terminate %d", TerminateThread(t, 77));
	printf(" wait %lu", WaitForSingleObject(t, 5000));
	GetExitCodeThread(t, &code);
	printf(" code %lu\n", code);
}

static void escape(void)
{
	printf("at another place\n");
	fflush(stdout);
	ExitThread(9);
}

/* A thread is sent elsewhere by its registers. */
static void redirected(void)
{
	CONTEXT c = {0};
	DWORD code;

	stop = counter = 0;
	HANDLE t = CreateThread(NULL, 0, spin, NULL, 0, NULL);
	while (!counter)
		Sleep(1);
	SuspendThread(t);
	c.ContextFlags = CONTEXT_CONTROL;
	GetThreadContext(t, &c);
#ifdef _WIN64
	c.Rip = (size_t)escape;
	c.Rsp = (c.Rsp - 1024) / 16 * 16 + 8;
#else
	c.Eip = (size_t)escape;
	c.Esp = (c.Esp - 1024) / 16 * 16;
#endif
	printf("set %d\n", SetThreadContext(t, &c));
	ResumeThread(t);
	printf("wait %lu", WaitForSingleObject(t, 5000));
	GetExitCodeThread(t, &code);
	printf(" code %lu\n", code);
}

static void CALLBACK queued(ULONG_PTR arg)
{
	printf("queued %d\n", (int)arg);
}

static void CALLBACK timer_routine(void *arg, DWORD low, DWORD high)
{
	printf("timer %s %d\n", (char *)arg, high > 0x1d00000);
}

static HANDLE ready;

static DWORD WINAPI alertable(void *arg)
{
	SetEvent(ready);
	DWORD r = SleepEx(5000, TRUE);
	printf("woken %lx\n", r);
	return 0;
}

static void calls(void)
{
	LARGE_INTEGER due = {.QuadPart = -200000};
	HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL), e = CreateEventA(NULL, TRUE, FALSE, NULL);

	QueueUserAPC(queued, GetCurrentThread(), 1);
	QueueUserAPC(queued, GetCurrentThread(), 2);
	printf("not alertable %lu\n", WaitForSingleObject(e, 10));
	printf("alertable %lx\n", WaitForSingleObjectEx(e, 5000, TRUE));
	printf("nothing left %lu\n", SleepEx(10, TRUE));
	SetWaitableTimer(timer, &due, 0, timer_routine, "routine", FALSE);
	DWORD r = SleepEx(5000, TRUE);
	printf("timer gave %lx\n", r);
	ready = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE t = CreateThread(NULL, 0, alertable, NULL, 0, NULL);
	WaitForSingleObject(ready, INFINITE);
	Sleep(20);
	QueueUserAPC(queued, t, 3);
	WaitForSingleObject(t, INFINITE);
}

static void *fiber_main, *fiber_a, *fiber_b;
static DWORD slot;

static void CALLBACK slot_gone(void *v)
{
	printf("value %s is gone\n", (char *)v);
}

static void CALLBACK in_fiber(void *arg)
{
	FlsSetValue(slot, arg);
	for (int i = 0; i < 2; i++) {
		printf("fiber %s %d, data %d, value %s\n", (char *)arg, i, GetFiberData() == arg, (char *)FlsGetValue(slot));
		SwitchToFiber(i == 0 && arg == (void *)GetFiberData() && ((char *)arg)[0] == 'a' ? fiber_b : fiber_main);
	}
	SwitchToFiber(fiber_main);
}

static void fibers(void)
{
	printf("before %d", IsThreadAFiber());
	fiber_main = ConvertThreadToFiber("main");
	printf(" after %d\n", IsThreadAFiber());
	slot = FlsAlloc(NULL);
	FlsSetValue(slot, "main");
	fiber_a = CreateFiber(0, in_fiber, "a");
	fiber_b = CreateFiberEx(0, 65536, 0, in_fiber, "b");
	for (int i = 0; i < 2; i++) {
		SwitchToFiber(i ? fiber_b : fiber_a);
		printf("main, value %s\n", (char *)FlsGetValue(slot));
	}
	DeleteFiber(fiber_a);
	DeleteFiber(fiber_b);
	FlsFree(slot);
	printf("back %d", ConvertFiberToThread());
	printf(" %d\n", IsThreadAFiber());
}

static DWORD WINAPI with_value(void *arg)
{
	FlsSetValue(slot, arg);
	return 0;
}

static void values(void)
{
	slot = FlsAlloc(slot_gone);
	HANDLE t = CreateThread(NULL, 0, with_value, "of a thread", 0, NULL);
	WaitForSingleObject(t, INFINITE);
	FlsSetValue(slot, "of main");
	FlsFree(slot);
}

static volatile LONG ran;
static HANDLE gate;

static void CALLBACK pool_work(PTP_CALLBACK_INSTANCE i, void *arg, PTP_WORK w)
{
	InterlockedIncrement(&ran);
}

static void CALLBACK pool_timer(PTP_CALLBACK_INSTANCE i, void *arg, PTP_TIMER x)
{
	if (InterlockedIncrement(&ran) == 3)
		SetEvent(gate);
}

static void CALLBACK pool_wait(PTP_CALLBACK_INSTANCE i, void *arg, PTP_WAIT x, TP_WAIT_RESULT r)
{
	printf("waited %s %lu\n", (char *)arg, r);
	SetEvent(gate);
}

static void CALLBACK old_wait(void *arg, BOOLEAN timed_out)
{
	printf("registered %s %d\n", (char *)arg, timed_out);
	SetEvent(gate);
}

static void CALLBACK old_timer(void *arg, BOOLEAN fired)
{
	if (InterlockedIncrement(&ran) == 2)
		SetEvent(gate);
}

static DWORD WINAPI old_work(void *arg)
{
	InterlockedExchangeAdd(&ran, 10);
	SetEvent(gate);
	return 0;
}

static void pools(void)
{
	PTP_WORK w = CreateThreadpoolWork(pool_work, NULL, NULL);
	FILETIME due = {(DWORD)-100000, -1};
	HANDLE e = CreateEventA(NULL, FALSE, FALSE, NULL), h;

	gate = CreateEventA(NULL, FALSE, FALSE, NULL);
	for (int i = 0; i < 50; i++)
		SubmitThreadpoolWork(w);
	WaitForThreadpoolWorkCallbacks(w, FALSE);
	printf("work %ld\n", ran);
	CloseThreadpoolWork(w);
	ran = 0;
	PTP_TIMER x = CreateThreadpoolTimer(pool_timer, NULL, NULL);
	SetThreadpoolTimer(x, &due, 10, 0);
	printf("timer %lu\n", WaitForSingleObject(gate, 5000));
	SetThreadpoolTimer(x, NULL, 0, 0);
	WaitForThreadpoolTimerCallbacks(x, TRUE);
	CloseThreadpoolTimer(x);
	PTP_WAIT wait = CreateThreadpoolWait(pool_wait, "object", NULL);
	SetThreadpoolWait(wait, e, NULL);
	SetEvent(e);
	WaitForSingleObject(gate, 5000);
	SetThreadpoolWait(wait, e, &due);
	WaitForSingleObject(gate, 5000);
	WaitForThreadpoolWaitCallbacks(wait, FALSE);
	CloseThreadpoolWait(wait);
	RegisterWaitForSingleObject(&h, e, old_wait, "event", INFINITE, WT_EXECUTEONLYONCE);
	SetEvent(e);
	WaitForSingleObject(gate, 5000);
	printf("unregister %d\n", UnregisterWaitEx(h, INVALID_HANDLE_VALUE));
	ran = 0;
	HANDLE q = CreateTimerQueue();
	CreateTimerQueueTimer(&h, q, old_timer, NULL, 10, 10, 0);
	printf("queue's timer %lu", WaitForSingleObject(gate, 5000));
	printf(" %d\n", DeleteTimerQueueTimer(q, h, INVALID_HANDLE_VALUE));
	DeleteTimerQueueEx(q, INVALID_HANDLE_VALUE);
	ran = 0;
	QueueUserWorkItem(old_work, NULL, 0);
	WaitForSingleObject(gate, 5000);
	printf("item %ld\n", ran);
}

static DWORD WINAPI abandon(void *m)
{
	WaitForSingleObject(m, INFINITE);
	return 0;
}

static LONG word;

static DWORD WINAPI wake(void *arg)
{
	Sleep(20);
	word = 2;
	WakeByAddressAll(&word);
	return 0;
}

static void objects(void)
{
	HANDLE m = CreateMutexA(NULL, FALSE, "pvm mutex"), again = CreateMutexA(NULL, FALSE, "Local\\pvm mutex");

	printf("exists %d", GetLastError() == ERROR_ALREADY_EXISTS);
	printf(" open %d", OpenMutexA(SYNCHRONIZE, FALSE, "pvm mutex") != NULL);
	printf(" other kind %d", OpenEventA(SYNCHRONIZE, FALSE, "pvm mutex") == NULL);
	printf(" %lu\n", GetLastError() == ERROR_INVALID_HANDLE ? ERROR_FILE_NOT_FOUND : GetLastError());
	HANDLE t = CreateThread(NULL, 0, abandon, m, 0, NULL);
	WaitForSingleObject(t, INFINITE);
	printf("abandoned %lx", WaitForSingleObject(again, 1000));
	printf(" release %d", ReleaseMutex(m));
	printf(" %d", ReleaseMutex(m));
	printf(" %lu\n", GetLastError());
	t = CreateThread(NULL, 0, wake, NULL, 0, NULL);
	LONG was = 0;
	printf("address %d %ld", WaitOnAddress(&word, &was, 4, 5000), word);
	was = 2;
	printf(" %d", WaitOnAddress(&word, &was, 4, 10));
	printf(" %lu\n", GetLastError());
	WaitForSingleObject(t, INFINITE);
	INIT_ONCE once = INIT_ONCE_STATIC_INIT;
	BOOL pending;
	void *ctx = NULL;
	int ok = InitOnceBeginInitialize(&once, 0, &pending, &ctx);
	printf("once %d %d", ok, pending);
	printf(" complete %d", InitOnceComplete(&once, 0, (void *)64));
	ok = InitOnceBeginInitialize(&once, 0, &pending, &ctx);
	printf(" again %d %d %d\n", ok, pending, (int)(size_t)ctx);
	ATOM a = AddAtomA("Some Atom"), b = FindAtomA("some atom");
	char buf[20];
	UINT n = GetAtomNameA(a, buf, sizeof buf);
	printf("atom %d %d %u %s", a >= 0xc000, a == b, n, buf);
	printf(" number %u", AddAtomA("#77"));
	printf(" delete %d", DeleteAtom(a));
	printf(" %d\n", FindAtomA("Some Atom"));
	HANDLE s = CreateSemaphoreExW(NULL, 0, 1, NULL, 0, SEMAPHORE_ALL_ACCESS), e = CreateEventExW(NULL, NULL, CREATE_EVENT_INITIAL_SET, EVENT_ALL_ACCESS);
	printf("signal and wait %lu", SignalObjectAndWait(s, e, 1000, FALSE));
	printf(" %lu %lu\n", WaitForSingleObject(s, 0), WaitForSingleObject(e, 0));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	suspended();
	redirected();
	calls();
	fibers();
	values();
	pools();
	objects();
	return 0;
}
