/* The console on a terminal: modes, keys as events, a line, the screen.  What is typed stands in run.sh. */
#include <stdio.h>
#include <windows.h>

static void keys(HANDLE in, int n)
{
	INPUT_RECORD r;
	DWORD got;

	while (n && ReadConsoleInputW(in, &r, 1, &got)) {
		if (r.EventType != KEY_EVENT || !r.Event.KeyEvent.bKeyDown)
			continue;
		printf("key %x char %x state %lx\n", r.Event.KeyEvent.wVirtualKeyCode, r.Event.KeyEvent.uChar.UnicodeChar, r.Event.KeyEvent.dwControlKeyState);
		n--;
	}
}

int main(void)
{
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
	CONSOLE_SCREEN_BUFFER_INFO info;
	DWORD mode = 0, n;
	char line[100];

	setvbuf(stdout, NULL, _IONBF, 0);
	printf("modes %d", GetConsoleMode(in, &mode));
	printf(" %lx", mode & 7);
	printf(" %d type %lu\n", GetConsoleMode(out, &mode), GetFileType(out));
	printf("raw %d\n", SetConsoleMode(in, 0));
	keys(in, 7);
	SetConsoleMode(in, ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT);
	printf("line?\n");
	ReadConsoleA(in, line, sizeof line, &n, NULL);
	printf("%lu bytes, ends %d %d\n", n, line[n - 2], line[n - 1]);
	SetConsoleTextAttribute(out, FOREGROUND_RED | FOREGROUND_INTENSITY);
	printf("red");
	fflush(stdout);
	SetConsoleTextAttribute(out, 7);
	SetConsoleCursorPosition(out, (COORD){4, 2});
	FillConsoleOutputCharacterA(out, '*', 3, (COORD){0, 1}, &n);
	SetConsoleTitleA("a title");
	WriteConsoleW(out, L"\x263a\n", 2, &n, NULL);
	printf("%lu written\n", n);
	return 0;
}
