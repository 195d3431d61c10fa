# needs: gcc make
cat >prog.c <<'END'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "part.h"
static int cmp(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv)
{
	int v[200];
	double s = 0;
	for (int i = 0; i < 200; i++) v[i] = i * 7919 % 1009, s += sqrt(i) / (i + 1);
	qsort(v, 200, sizeof *v, cmp);
	printf("%d %d %d %.12f %s %lu\n", argc, v[0], v[199], s, part_name(3), (unsigned long)part_hash(argv[argc - 1]));
	return part_hash("status") % 50;
}
END
cat >part.h <<'END'
#include <stdint.h>
const char *part_name(int n);
uint64_t part_hash(const char *s);
END
cat >part.c <<'END'
#include "part.h"
const char *part_name(int n) { static const char *const t[] = {"zero", "one", "two", "three"}; return n >= 0 && n < 4 ? t[n] : "many"; }
uint64_t part_hash(const char *s) { uint64_t h = 14695981039346656037u; while (*s) h = (h ^ (unsigned char)*s++) * 1099511628211u; return h; }
END
printf 'OPT = -O2\nprog: prog.o part.o\n\tgcc $(OPT) -o $@ $^ -lm\n%%.o: %%.c part.h\n\t@echo compiling $<\n\tgcc $(OPT) -Wall -c -o $@ $<\nclean:\n\trm -f *.o prog\n' >Makefile
echo "--- make builds"; make 2>&1; ./prog last; echo $?
echo "--- nothing to do"; make; touch part.h; make -n; echo $?
for o in -O0 -Os "-O3 -g" "-O2 -static" "-O1 -fno-pie -no-pie" "-O2 -static-pie"; do echo "--- gcc $o"; gcc $o -o p2 prog.c part.c -lm && ./p2 x y; echo $?; done
echo "--- stages"; gcc -E prog.c | grep -c .; gcc -O2 -S -o - part.c | md5sum; gcc -c part.c; nm part.o; size part.o | tail -1; objdump -d part.o | md5sum; readelf -S part.o | grep -c '\['; strip prog; ./prog z; ar rcs l.a part.o; ar t l.a; strings -n 8 part.o | head -2
echo "--- shared library"; gcc -shared -fPIC -o libpart.so part.c && gcc -o p3 prog.c -L. -lpart -lm -Wl,-rpath,"$PWD" && ./p3 so; echo $?
echo "--- errors"; printf 'int main(void) { return x; }\n' >bad.c; LC_ALL=C gcc bad.c 2>&1; echo $?; printf 'int f(void);int main(void) { return f(); }\n' >bad.c; gcc bad.c 2>/dev/null; echo $?
