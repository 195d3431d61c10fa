/* What a process finds: its arguments, environment, modules, memory; and what it leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void at_end(void)
{
	printf("atexit\n");
}

static void memory(void)
{
	MEMORY_BASIC_INFORMATION m;
	DWORD old;
	char *p = VirtualAlloc(NULL, 100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

	printf("%d %d\n", (int)((size_t)p % 65536), p[99999]);
	int ok = VirtualQuery(p, &m, sizeof m) == sizeof m;
	printf("query %d %lx\n", ok, m.Protect);
	ok = VirtualProtect(p, 4096, PAGE_READONLY, &old);
	printf("protect %d %lx\n", ok, old);
	printf("free %d\n", VirtualFree(p, 0, MEM_RELEASE));
	p = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 1000);
	printf("heap %d %d\n", (int)HeapSize(GetProcessHeap(), 0, p), p[999]);
	p = HeapReAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, p, 200000);
	printf("heap %d %d\n", (int)HeapSize(GetProcessHeap(), 0, p), p[199999]);
	printf("heap %d\n", HeapFree(GetProcessHeap(), 0, p));
}

static void names(void)
{
	char buf[MAX_PATH];
	DWORD n;
	FARPROC f = GetProcAddress(GetModuleHandleA("KERNEL32"), "GetTickCount");

	printf("module %d %d\n", GetModuleHandleA(NULL) != NULL, GetModuleHandleA("nosuch.dll") == NULL);
	printf("error %lu\n", GetLastError());
	printf("proc %d %d\n", f != NULL, GetProcAddress(GetModuleHandleA("kernel32.dll"), "NoSuchThing") == NULL);
	GetModuleFileNameA(NULL, buf, sizeof buf);
	printf("name %s\n", strrchr(buf, '\\') + 1);
	SetEnvironmentVariableA("PVM_TEST", "value");
	n = GetEnvironmentVariableA("pvm_test", buf, sizeof buf);
	printf("env %lu %s\n", n, buf);
	GetFullPathNameA("a\\..\\b\\.\\c.txt", sizeof buf, buf, NULL);
	printf("full %s\n", buf + strlen(buf) - 8);
}

static void files(void)
{
	char buf[16] = "";
	DWORD n;
	HANDLE h = CreateFileA("Process.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

	printf("write %d", WriteFile(h, "hello", 5, &n, NULL));
	printf(" %lu\n", n);
	printf("size %lu\n", GetFileSize(h, NULL));
	printf("pointer %lu\n", SetFilePointer(h, 1, NULL, FILE_BEGIN));
	ReadFile(h, buf, sizeof buf, &n, NULL);
	printf("read %lu %s\n", n, buf);
	CloseHandle(h);
	h = CreateFileA("PROCESS.TMP", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	printf("case %d\n", h != INVALID_HANDLE_VALUE);
	CloseHandle(h);
	h = CreateFileA("process.tmp", GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL);
	printf("again %d %lu\n", h == INVALID_HANDLE_VALUE, GetLastError());
	printf("delete %d\n", DeleteFileA("process.tmp"));
	DWORD attributes = GetFileAttributesA("process.tmp");
	printf("gone %lx %lu\n", attributes, GetLastError());
}

int main(int argc, char **argv)
{
	int v[] = {5, 3, 9, 1, 7, 1};

	for (int i = 1; i < argc; i++)
		printf("<%s>\n", argv[i]);
	qsort(v, 6, sizeof *v, by_value);
	for (int i = 0; i < 6; i++)
		printf("%d ", v[i]);
	printf("\n");
	atexit(at_end);
	memory();
	names();
	files();
	return 3;
}
