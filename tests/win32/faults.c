/* Exceptions: faults that vectored handlers see and mend, setjmp out of a callback, threads and what they wait for. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int seen;
static char *page;
static jmp_buf out;

static LONG CALLBACK mend(EXCEPTION_POINTERS *e)
{
	EXCEPTION_RECORD *r = e->ExceptionRecord;
	DWORD old;

	seen++;
	if (r->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && (char *)r->ExceptionInformation[1] == page + 5) {
		printf("write %d at page + %d\n", (int)r->ExceptionInformation[0], (int)((char *)r->ExceptionInformation[1] - page));
		VirtualProtect(page, 4096, PAGE_READWRITE, &old);
		return EXCEPTION_CONTINUE_EXECUTION;
	}
	if (r->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && r->ExceptionInformation[1] == 24)
		longjmp(out, 3);
	if (r->ExceptionCode == EXCEPTION_INT_DIVIDE_BY_ZERO) {
		printf("division\n");
		longjmp(out, 2);
	}
	if (r->ExceptionCode == 0xe0001234) {
		printf("raised with %d: %d\n", (int)r->NumberParameters, (int)r->ExceptionInformation[1]);
		return EXCEPTION_CONTINUE_EXECUTION;
	}
	return EXCEPTION_CONTINUE_SEARCH;
}

static void faults(void)
{
	ULONG_PTR info[2] = {7, 8};
	volatile int zero = 0;
	int i;

	AddVectoredExceptionHandler(1, mend);
	page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
	page[5] = 'x';
	printf("mended %c\n", page[5]);
	RaiseException(0xe0001234, 0, 2, info);
	for (i = 0; i < 3; i++) {
		seen = 0;
		if (!setjmp(out))
			zero = 100 / zero;
		printf("back, %d seen\n", seen);
	}
}

/* What the library is given may be anything, too. */
static void bad_pointers(void)
{
	size_t (*volatile length)(const char *) = strlen;
	char *(*volatile copy)(char *, const char *) = strcpy;
	DWORD old;

	for (int i = 0; i < 2; i++) {
		seen = 0;
		if (!setjmp(out))
			length((char *)24);
		printf("bad pointer, %d seen\n", seen);
	}
	VirtualProtect(page, 4096, PAGE_READONLY, &old);
	copy(page + 5, "done again");
	printf("%s\n", page + 5);
}

static int leave(const void *a, const void *b)
{
	longjmp(out, 1);
}

static void callbacks(void)
{
	int v[3] = {3, 2, 1}, i;

	for (i = 0; i < 1000; i++)
		if (!setjmp(out))
			qsort(v, 3, sizeof *v, leave);
	printf("out of qsort\n");
}

static CRITICAL_SECTION lock;
static HANDLE go, done;
static int counter;

static DWORD WINAPI work(void *arg)
{
	WaitForSingleObject(go, INFINITE);
	for (int i = 0; i < 10000; i++) {
		EnterCriticalSection(&lock);
		counter++;
		LeaveCriticalSection(&lock);
	}
	ReleaseSemaphore(done, 1, NULL);
	return (DWORD)(size_t)arg;
}

static void threads(void)
{
	HANDLE t[4];
	DWORD code = 0;

	InitializeCriticalSection(&lock);
	go = CreateEventA(NULL, TRUE, FALSE, NULL);
	done = CreateSemaphoreA(NULL, 0, 4, NULL);
	for (int i = 0; i < 4; i++)
		t[i] = CreateThread(NULL, 0, work, (void *)(size_t)(i + 5), 0, NULL);
	printf("not yet %d\n", WaitForSingleObject(t[0], 10) == WAIT_TIMEOUT);
	SetEvent(go);
	printf("all %lu\n", WaitForMultipleObjects(4, t, TRUE, INFINITE));
	for (int i = 0; i < 4; i++)
		WaitForSingleObject(done, INFINITE);
	GetExitCodeThread(t[3], &code);
	printf("%d, code %lu, none left %d\n", counter, code, WaitForSingleObject(done, 0) == WAIT_TIMEOUT);
}

int main(void)
{
	faults();
	bad_pointers();
	callbacks();
	threads();
	fflush(stdout);
	*(volatile int *)16 = 1;
	return 0;
}
