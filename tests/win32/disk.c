/* Files by name and in memory: searching by wildcards, sharing, locks, views, links, copies, changes of a directory. */
#define _WIN32_WINNT 0x0a00
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static void make(const char *name, const char *text)
{
	DWORD n;
	HANDLE h = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);

	WriteFile(h, text, strlen(text), &n, NULL);
	CloseHandle(h);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void list(const char *pattern)
{
	WIN32_FIND_DATAA d;
	char names[30][64];
	int n = 0;
	HANDLE h = FindFirstFileA(pattern, &d);

	printf("%s:", pattern);
	if (h == INVALID_HANDLE_VALUE) {
		printf(" error %lu\n", GetLastError());
		return;
	}
	do
		strcpy(names[n++], d.cFileName);
	while (FindNextFileA(h, &d));
	DWORD e = GetLastError();
	FindClose(h);
	qsort(names, n, 64, by_name);
	for (int i = 0; i < n; i++)
		printf(" %s", names[i]);
	printf(" (%lu)\n", e);
}

static void wildcards(void)
{
	static const char *const names[] = {"a", "a.b", "a.b.c", "abc.txt", "ABD.TXT", "noext", ".dot", "x.tx"};
	static const char *const patterns[] = {"*", "*.*", "*.", "*.txt", "a*", "ab?.txt", "ab?????.txt", "a.?", "a.*", "*.t", "*.tx?", "*b*", "<.txt",
		"noext", "Noext", "no.such", "nodir\\*", "*.b.c", "a?", "a???.*"};

	CreateDirectoryA("wild", NULL);
	SetCurrentDirectoryA("wild");
	for (int i = 0; i < 8; i++)
		make(names[i], "");
	for (int i = 0; i < 20; i++)
		list(patterns[i]);
	for (int i = 0; i < 8; i++)
		DeleteFileA(names[i]);
	SetCurrentDirectoryA("..");
	RemoveDirectoryA("wild");
}

static int can(DWORD access, DWORD share)
{
	HANDLE h = CreateFileA("shared.tmp", access, share, NULL, OPEN_EXISTING, 0, NULL);

	if (h == INVALID_HANDLE_VALUE)
		return GetLastError();
	CloseHandle(h);
	return 0;
}

static void sharing(void)
{
	make("shared.tmp", "0123456789");
	HANDLE h = CreateFileA("shared.tmp", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

	printf("read %d, write %d", can(GENERIC_READ, FILE_SHARE_READ), can(GENERIC_WRITE, FILE_SHARE_READ));
	printf(", no sharing %d, nothing %d", can(GENERIC_READ, 0), can(0, 0));
	printf(", delete %d", DeleteFileA("shared.tmp"));
	printf(" %lu\n", GetLastError());
	CloseHandle(h);
	h = CreateFileA("shared.tmp", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
	HANDLE g = CreateFileA("shared.tmp", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
	OVERLAPPED o = {.Offset = 2};
	char buf[10];
	DWORD n;
	printf("lock %d", LockFileEx(h, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 3, 0, &o));
	printf(" again %d", LockFileEx(g, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 3, 0, &o));
	printf(" %lu", GetLastError());
	printf(" elsewhere %d", LockFile(g, 5, 0, 2, 0));
	printf(" read %d", ReadFile(g, buf, 2, &n, NULL));
	printf(" %d", ReadFile(g, buf, 2, &n, NULL));
	printf(" %lu", GetLastError());
	printf(" unlock %d", UnlockFileEx(h, 0, 3, 0, &o));
	printf(" read %d\n", ReadFile(g, buf, 2, &n, NULL));
	CloseHandle(g);
	printf("delete %d\n", DeleteFileA("shared.tmp"));
	CloseHandle(h);
}

static void views(void)
{
	char *p, *q;

	make("view.tmp", "in the file");
	HANDLE f = CreateFileA("view.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	HANDLE s = CreateFileMappingA(f, NULL, PAGE_READWRITE, 0, 100000, NULL);
	printf("size %lu", GetFileSize(f, NULL));
	p = MapViewOfFile(s, FILE_MAP_WRITE, 0, 0, 0);
	printf(" aligned %d %.11s", (int)((size_t)p % 65536), p);
	q = MapViewOfFile(s, FILE_MAP_READ, 0, 65536, 100);
	p[65537] = 'x';
	printf(" %c", q[1]);
	printf(" bad offset %d", MapViewOfFile(s, FILE_MAP_READ, 0, 4096, 0) == NULL);
	printf(" %lu", GetLastError());
	printf(" copy %d", MapViewOfFile(s, FILE_MAP_COPY, 0, 0, 0) != NULL);
	printf(" flush %d unmap %d %d", FlushViewOfFile(p, 0), UnmapViewOfFile(p), UnmapViewOfFile(q));
	printf(" %d\n", UnmapViewOfFile(q));
	CloseHandle(s);
	printf("readonly %d", CreateFileMappingA(f, NULL, PAGE_READONLY, 0, 0, NULL) != NULL);
	CloseHandle(f);
	DeleteFileA("view.tmp");
	s = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 5000, "pvm section");
	HANDLE t = OpenFileMappingA(FILE_MAP_WRITE, FALSE, "pvm section");
	p = MapViewOfFile(s, FILE_MAP_WRITE, 0, 0, 0);
	q = MapViewOfFile(t, FILE_MAP_WRITE, 0, 0, 0);
	strcpy(p, "through a name");
	printf(" named %s", q);
	CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 5000, "pvm section");
	printf(" exists %d\n", GetLastError() == ERROR_ALREADY_EXISTS);
	MEMORY_BASIC_INFORMATION m;
	char *r = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE, PAGE_READWRITE);
	VirtualAlloc(r + 65536, 8192, MEM_COMMIT, PAGE_READWRITE);
	VirtualQuery(r + 4096, &m, sizeof m);
	printf("reserved %d %lx", (int)((char *)m.BaseAddress - r), m.State);
	VirtualQuery(r + 65536 + 4096, &m, sizeof m);
	printf(" committed %d %lx %lx, %d from the start\n", (int)m.RegionSize, m.State, m.Protect, (int)((char *)m.BaseAddress - (char *)m.AllocationBase));
	printf("free a part %d", VirtualFree(r + 65536, 0, MEM_RELEASE));
	printf(" all %d", VirtualFree(r, 0, MEM_RELEASE));
	VirtualQuery(r + 65536, &m, sizeof m);
	printf(" %lx\n", m.State);
}

static void copies(void)
{
	char buf[MAX_PATH];
	BY_HANDLE_FILE_INFORMATION i;

	make("one.tmp", "one");
	printf("copy %d", CopyFileA("one.tmp", "two.tmp", TRUE));
	printf(" %d", CopyFileA("one.tmp", "two.tmp", TRUE));
	printf(" %lu", GetLastError());
	printf(" link %d", CreateHardLinkA("three.tmp", "one.tmp", NULL));
	HANDLE h = CreateFileA("three.tmp", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
	GetFileInformationByHandle(h, &i);
	printf(" links %lu", i.nNumberOfLinks);
	CloseHandle(h);
	printf(" move %d", MoveFileA("two.tmp", "three.tmp"));
	printf(" %lu", GetLastError());
	printf(" replace %d", MoveFileExA("two.tmp", "three.tmp", MOVEFILE_REPLACE_EXISTING));
	printf(" attributes %d %lx", SetFileAttributesA("three.tmp", FILE_ATTRIBUTE_READONLY), GetFileAttributesA("three.tmp"));
	printf(" delete %d", DeleteFileA("three.tmp"));
	printf(" %lu", GetLastError());
	SetFileAttributesA("three.tmp", FILE_ATTRIBUTE_NORMAL);
	printf(" %d %d\n", DeleteFileA("three.tmp"), DeleteFileA("one.tmp"));
	GetTempFileNameA(".", "pvm", 0, buf);
	printf("temp %.5s %s %lx\n", buf, buf + strlen(buf) - 4, GetFileAttributesA(buf));
	DeleteFileA(buf);
	make("Long Name.text", "");
	DWORD n = GetLongPathNameA("long name.TEXT", buf, sizeof buf);
	printf("long %lu %s\n", n, buf);
	n = SearchPathA(".", "long name.text", NULL, sizeof buf, buf, NULL);
	printf("search %d %s\n", n > 14, buf + strlen(buf) - 14);
	DeleteFileA("Long Name.text");
	h = CreateFileA("gone.tmp", GENERIC_WRITE | DELETE, 7, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
	CloseHandle(h);
	printf("on close %lx\n", GetFileAttributesA("gone.tmp"));
	h = CreateFileA("by.tmp", GENERIC_WRITE | DELETE, 7, NULL, CREATE_ALWAYS, 0, NULL);
	FILE_END_OF_FILE_INFO e = {{.QuadPart = 12345}};
	printf("set end %d %lu", SetFileInformationByHandle(h, FileEndOfFileInfo, &e, sizeof e), GetFileSize(h, NULL));
	FILE_DISPOSITION_INFO d = {TRUE};
	printf(" delete %d", SetFileInformationByHandle(h, FileDispositionInfo, &d, sizeof d));
	CloseHandle(h);
	printf(" %lx\n", GetFileAttributesA("by.tmp"));
	printf("paths %lx", GetFileAttributesA("nodir\\file"));
	printf(" %lu", GetLastError());
	CreateDirectoryA("empty", NULL);
	printf(" type %u", GetDriveTypeA(NULL));
	printf(" prefix %lx", GetFileAttributesW(L"\\\\?\\Z:\\") & 0x10);
	RemoveDirectoryA("empty");
	printf(" unc %lx\n", GetFileAttributesA("\\\\server\\share\\file") );
}

static void changes(void)
{
	HANDLE d = CreateFileA(".", FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
	OVERLAPPED o = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	char buf[1000];
	DWORD n = 0;

	printf("changes %d", ReadDirectoryChangesW(d, buf, sizeof buf, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &o, NULL));
	printf(" pending %d", WaitForSingleObject(o.hEvent, 10) == WAIT_TIMEOUT);
	make("noticed.tmp", "");
	printf(" %d", GetOverlappedResult(d, &o, &n, TRUE));
	FILE_NOTIFY_INFORMATION *i = (void *)buf;
	printf(" action %lu %.11ls\n", i->Action, i->FileName);
	CancelIo(d);
	CloseHandle(d);
	HANDLE c = FindFirstChangeNotificationA(".", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
	printf("nothing %d", WaitForSingleObject(c, 10) == WAIT_TIMEOUT);
	DeleteFileA("noticed.tmp");
	printf(" changed %lu", WaitForSingleObject(c, 5000));
	printf(" next %d", FindNextChangeNotification(c));
	printf(" nothing %d\n", WaitForSingleObject(c, 10) == WAIT_TIMEOUT);
	FindCloseChangeNotification(c);
}

int main(void)
{
	wildcards();
	sharing();
	views();
	copies();
	changes();
	return 0;
}
