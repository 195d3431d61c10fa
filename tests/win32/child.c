/* Processes: children of this same program, what they are given and what they give back; pipes of both kinds; jobs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static char self[MAX_PATH];

/* What the program does as a child. */
static int child(int argc, char **argv)
{
	char line[200], value[50] = "";
	HANDLE h;
	DWORD n;

	if (strcmp(argv[2], "echo") == 0) {
		while (fgets(line, sizeof line, stdin))
			printf("child: %s", line);
		return 7;
	}
	if (strcmp(argv[2], "args") == 0) {
		for (int i = 3; i < argc; i++)
			printf("[%s]", argv[i]);
		GetEnvironmentVariableA("PVM_CHILD", value, sizeof value);
		printf(" env %s\n", value);
		fprintf(stderr, "error\n");
		return 0x12345;
	}
	if (strcmp(argv[2], "handle") == 0) {
		h = (HANDLE)(size_t)strtoul(argv[3], NULL, 10);
		return WriteFile(h, "through a handle", 16, &n, NULL) ? 0 : 1;
	}
	if (strcmp(argv[2], "dir") == 0) {
		GetCurrentDirectoryA(sizeof line, line);
		return strcmp(strrchr(line, '\\'), "\\inside") != 0;
	}
	if (strcmp(argv[2], "pipe") == 0) {
		h = CreateFileA(argv[3], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		if (h == INVALID_HANDLE_VALUE)
			return 2;
		WriteFile(h, "hello server", 12, &n, NULL);
		ReadFile(h, line, sizeof line, &n, NULL);
		return n == 5 && memcmp(line, "reply", 5) == 0 ? 0 : 3;
	}
	Sleep(20000);
	return 9;
}

static PROCESS_INFORMATION start(const char *args, STARTUPINFOA *si, BOOL inherit, DWORD flags, void *env, const char *dir)
{
	PROCESS_INFORMATION pi = {0};
	STARTUPINFOA plain = {sizeof plain};
	char line[1000];

	fflush(stdout);
	snprintf(line, sizeof line, "\"%s\" child %s", self, args);
	if (!CreateProcessA(NULL, line, NULL, NULL, inherit, flags, env, dir, si ? si : &plain, &pi))
		printf("CreateProcess: %lu\n", GetLastError());
	return pi;
}

static DWORD finish(PROCESS_INFORMATION *pi)
{
	DWORD code = 0;

	if (WaitForSingleObject(pi->hProcess, 20000) != WAIT_OBJECT_0)
		printf("no end\n");
	GetExitCodeProcess(pi->hProcess, &code);
	CloseHandle(pi->hProcess);
	CloseHandle(pi->hThread);
	return code;
}

static void redirected(void)
{
	SECURITY_ATTRIBUTES sa = {sizeof sa, NULL, TRUE};
	STARTUPINFOA si = {sizeof si};
	HANDLE in[2], out[2];
	char buf[100];
	DWORD n, all = 0, left = 0;

	CreatePipe(&in[0], &in[1], &sa, 0);
	CreatePipe(&out[0], &out[1], &sa, 0);
	SetHandleInformation(in[1], HANDLE_FLAG_INHERIT, 0);
	SetHandleInformation(out[0], HANDLE_FLAG_INHERIT, 0);
	si.dwFlags = STARTF_USESTDHANDLES;
	si.hStdInput = in[0];
	si.hStdOutput = out[1];
	si.hStdError = out[1];
	PROCESS_INFORMATION pi = start("echo", &si, TRUE, 0, NULL, NULL);
	CloseHandle(in[0]);
	CloseHandle(out[1]);
	WriteFile(in[1], "one\r\ntwo\r\n", 10, &n, NULL);
	CloseHandle(in[1]);
	while (ReadFile(out[0], buf + all, sizeof buf - all - 1, &n, NULL) && n)
		all += n;
	buf[all] = 0;
	printf("%s end %lu, peek %d", buf, GetLastError(), PeekNamedPipe(out[0], NULL, 0, NULL, &left, NULL));
	printf(" %lu, code %lu\n", GetLastError(), finish(&pi));
	CloseHandle(out[0]);
}

static void given(void)
{
	STARTUPINFOA si = {sizeof si};
	SECURITY_ATTRIBUTES sa = {sizeof sa, NULL, TRUE};
	HANDLE h = CreateFileA("child.tmp", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, &sa, CREATE_ALWAYS, 0, NULL);
	char arg[50], buf[50] = "";
	DWORD n, flags = 0;

	PROCESS_INFORMATION pi = start("args plain \"two words\" quo\\\"te", NULL, FALSE, 0, "PVM_CHILD=from a block\0SystemRoot=C:\\windows\0", NULL);
	printf("code %lx\n", finish(&pi));
	GetHandleInformation(h, &flags);
	snprintf(arg, sizeof arg, "handle %lu", (unsigned long)(size_t)h);
	pi = start(arg, &si, TRUE, 0, NULL, NULL);
	printf("handle %lu, flags %lu\n", finish(&pi), flags);
	SetFilePointer(h, 0, NULL, FILE_BEGIN);
	ReadFile(h, buf, sizeof buf - 1, &n, NULL);
	printf("%s\n", buf);
	CloseHandle(h);
	DeleteFileA("child.tmp");
	CreateDirectoryA("inside", NULL);
	pi = start("dir", NULL, FALSE, 0, NULL, "inside");
	printf("directory %lu\n", finish(&pi));
	RemoveDirectoryA("inside");
}

static void ended(void)
{
	DWORD code = 0;
	PROCESS_INFORMATION pi = start("sleep", NULL, FALSE, 0, NULL, NULL);
	HANDLE again = OpenProcess(PROCESS_ALL_ACCESS, FALSE, pi.dwProcessId);

	printf("running %d", WaitForSingleObject(pi.hProcess, 50) == WAIT_TIMEOUT);
	GetExitCodeProcess(pi.hProcess, &code);
	printf(" %lu, terminate %d", code, TerminateProcess(pi.hProcess, 0xabcd));
	WaitForSingleObject(again, 10000);
	GetExitCodeProcess(again, &code);
	printf(" %lx, id %d\n", code, GetProcessId(again) == pi.dwProcessId);
	finish(&pi);
	pi = start("dir", NULL, FALSE, CREATE_SUSPENDED, NULL, NULL);
	printf("suspended %d", WaitForSingleObject(pi.hProcess, 100) == WAIT_TIMEOUT);
	printf(" resumed %lu", ResumeThread(pi.hThread));
	printf(" code %lu\n", finish(&pi));
	STARTUPINFOA si = {sizeof si};
	char none[] = "no-such-program-here.exe", text[] = "child.bat";
	printf("none %d", CreateProcessA(none, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi));
	printf(" %lu\n", GetLastError());
	(void)text;
}

static void named_pipe(void)
{
	const char *name = "\\\\.\\pipe\\pvm test pipe";
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1), event = CreateEventA(NULL, TRUE, FALSE, NULL);
	HANDLE p = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
	OVERLAPPED o = {0}, *done;
	char buf[100], arg[100];
	ULONG_PTR key;
	DWORD n = 0;

	printf("pipe %d", p != INVALID_HANDLE_VALUE);
	CreateIoCompletionPort(p, port, 42, 0);
	o.hEvent = event;
	printf(" connect %d %lu", ConnectNamedPipe(p, &o), GetLastError());
	snprintf(arg, sizeof arg, "pipe \"%s\"", name);
	PROCESS_INFORMATION pi = start(arg, NULL, FALSE, 0, NULL, NULL);
	int ok = GetQueuedCompletionStatus(port, &n, &key, &done, 10000);
	printf(" connected %d %d %d %d\n", ok, (int)key, done == &o, WaitForSingleObject(event, 0) == 0);
	memset(&o, 0, sizeof o);
	ok = ReadFile(p, buf, sizeof buf, NULL, &o);
	if (!ok && GetLastError() != ERROR_IO_PENDING)
		printf("read: %lu\n", GetLastError());
	ok = GetQueuedCompletionStatus(port, &n, &key, &done, 10000);
	printf("read %d %lu %.*s\n", ok, n, (int)n, buf);
	memset(&o, 0, sizeof o);
	o.hEvent = (HANDLE)((size_t)event | 1); /* not to the port */
	WriteFile(p, "reply", 5, NULL, &o);
	ok = GetOverlappedResult(p, &o, &n, TRUE);
	printf("written %d %lu, port %d", ok, n, GetQueuedCompletionStatus(port, &n, &key, &done, 0));
	printf(" %lu, child %lu\n", GetLastError(), finish(&pi));
	memset(&o, 0, sizeof o);
	ok = ReadFile(p, buf, sizeof buf, NULL, &o);
	if (!ok && GetLastError() == ERROR_IO_PENDING)
		ok = GetOverlappedResult(p, &o, &n, TRUE);
	printf("broken %d %lu\n", ok, GetLastError());
	CloseHandle(p);
	printf("gone %d", CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE);
	printf(" %lu\n", GetLastError());
}

static void messages(void)
{
	const char *name = "\\\\.\\pipe\\pvm messages";
	HANDLE p = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096, 0, NULL);
	HANDLE c = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	char buf[20];
	DWORD n;

	printf("client %d, connect %d", c != INVALID_HANDLE_VALUE, ConnectNamedPipe(p, NULL));
	printf(" %lu\n", GetLastError());
	WriteFile(c, "first message", 13, &n, NULL);
	WriteFile(c, "second", 6, &n, NULL);
	int ok = ReadFile(p, buf, 5, &n, NULL);
	printf("%d %lu %.*s\n", ok, ok ? 0 : GetLastError(), (int)n, buf);
	ok = ReadFile(p, buf, sizeof buf, &n, NULL);
	printf("%d %.*s\n", ok, (int)n, buf);
	ok = ReadFile(p, buf, sizeof buf, &n, NULL);
	printf("%d %.*s\n", ok, (int)n, buf);
	CloseHandle(c);
	CloseHandle(p);
}

static void jobs(void)
{
	HANDLE job = CreateJobObjectA(NULL, NULL), port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limit = {0};
	JOBOBJECT_ASSOCIATE_COMPLETION_PORT to = {(void *)5, port};
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION count;
	BOOL in = FALSE;
	DWORD n;
	ULONG_PTR key;
	OVERLAPPED *o;

	printf("port %d", SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &to, sizeof to));
	limit.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	printf(" limit %d", SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limit, sizeof limit));
	PROCESS_INFORMATION pi = start("sleep", NULL, FALSE, 0, NULL, NULL);
	printf(" assign %d", AssignProcessToJobObject(job, pi.hProcess));
	IsProcessInJob(pi.hProcess, job, &in);
	QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &count, sizeof count, NULL);
	printf(" in %d, active %lu of %lu\n", in, count.ActiveProcesses, count.TotalProcesses);
	GetQueuedCompletionStatus(port, &n, &key, &o, 5000);
	printf("message %lu %d %d\n", n, (int)key, (DWORD)(size_t)o == pi.dwProcessId);
	CloseHandle(job);
	printf("ended %d\n", WaitForSingleObject(pi.hProcess, 10000) == WAIT_OBJECT_0);
	finish(&pi);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	GetModuleFileNameA(NULL, self, sizeof self);
	if (argc > 2 && strcmp(argv[1], "child") == 0)
		return child(argc, argv);
	redirected();
	given();
	ended();
	named_pipe();
	messages();
	jobs();
	return 0;
}
