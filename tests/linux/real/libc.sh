# needs: gcc musl-gcc
# widths: 64
cat >p.c <<'END'
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static __thread int mine = 5;
static void *run(void *p) { mine += *(int *)p; return (void *)(long)mine; }
static int cmp(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }
int main(int argc, char **argv)
{
	char *w[] = {"pear", "fig", "apple"}, buf[64];
	pthread_t t[4];
	int v[4], s = 0, status;
	void *r;
	for (int i = 0; i < 4; i++) v[i] = i, pthread_create(&t[i], NULL, run, &v[i]);
	for (int i = 0; i < 4; i++) pthread_join(t[i], &r), s += (int)(long)r;
	qsort(w, 3, sizeof *w, cmp);
	time_t zero = 0;
	strftime(buf, sizeof buf, "%F %T", gmtime(&zero));
	printf("%d %s %s %.15g %La %s\n", s, w[0], buf, sin(1) * exp(2), 1.5L, setlocale(LC_ALL, "C"));
	fflush(stdout);
	if (!fork()) { execl("/bin/echo", "echo", "child", NULL); _exit(9); }
	wait(&status);
	FILE *f = popen("wc -c", "w"); fputs("hello", f); pclose(f);
	char *p = NULL; size_t n = 0; FILE *m = open_memstream(&p, &n); fprintf(m, "%08.3f|%-6s|%+d", 3.14159, "ab", 7); fclose(m); puts(p);
	return getenv("HOME") ? 4 : 5;
}
END
for how in "gcc -static" "gcc -static-pie" "gcc -no-pie" "gcc -pie -fpie" "musl-gcc -static" "musl-gcc" "musl-gcc -static-pie -fpie"; do
	echo "--- $how"; $how -O2 -w -o p p.c -lm -lpthread && ./p; echo $?
done
