/* Microsoft's printf, and streams in text and binary mode. */
#include <stdio.h>
#include <string.h>

static void formats(void)
{
	printf("%d %5d %-5d| %05d %+d % d %x %X %#x %o %u\n", 42, 42, 42, 42, 42, 42, 255, 255, 255, 8, 3000000000u);
	printf("%I64d %I64x %I32d %lld %hd %hhd\n", -5000000000LL, 0x123456789abcLL, -7, 1LL << 40, 70000, 300);
	printf("%f %.2f %10.3f %-10.1f| %e %E %g %g %g\n", 3.25, 2.005, 3.14159, 2.5, 12345.678, 0.0001, 1e10, 1e-10, 100.0);
	printf("%s %10s %-10s| %.2s %c %% %S %ls\n", "abc", "abc", "abc", "abc", 'x', L"wide", L"also");
	printf("[%*d] [%-*d] [%.*f] [%.0d] [%5.3d]\n", 6, 42, 6, 42, 2, 1.005, 0, 7);
}

static void streams(void)
{
	FILE *f = fopen("text.tmp", "w");
	char line[32];
	int n = 0, c;

	fprintf(f, "one\ntwo\n");
	fclose(f);
	f = fopen("text.tmp", "rb");
	while ((c = fgetc(f)) != EOF)
		printf("%02x ", c), n++;
	printf("= %d bytes\n", n);
	fclose(f);
	f = fopen("text.tmp", "r");
	while (fgets(line, sizeof line, f))
		printf("line of %d\n", (int)strlen(line));
	printf("end %d\n", feof(f) != 0);
	fclose(f);
	f = fopen("text.tmp", "r+b");
	fseek(f, 3, SEEK_SET);
	fputc('!', f);
	fseek(f, 0, SEEK_END);
	printf("at %ld\n", ftell(f));
	fclose(f);
	printf("%d\n", remove("text.tmp"));
	printf("%d\n", remove("text.tmp"));
}

int main(void)
{
	formats();
	streams();
	return 7;
}
