# needs: gcc make
# seconds: 900
# A project of 20 files, a library and 8 tests: make -j2 and make check, by each compiler there is.
for i in 01 02 03 04 05 06 07 08 09 10 11 12; do
	cat >part$i.c <<END
#include "parts.h"
static unsigned state$i = 2463534242u + ${i#0};
static unsigned next$i(void) { state$i ^= state$i << 13; state$i ^= state$i >> 17; return state$i ^= state$i << 5; }
double part$i(int n)
{
	double s = 0, v[64];
	for (int i = 0; i < 64; i++) v[i] = (next$i() % 1000) / (1.0 + i);
	for (int k = 0; k < n; k++) for (int i = 0; i < 64; i++) s += v[i] * v[(i * 7 + k) & 63] - v[k & 63];
	return s;
}
unsigned hash$i(const char *p) { unsigned h = ${i#0}; for (; *p; p++) h = h * 33 ^ (unsigned char)*p; return h; }
END
	echo "double part$i(int n); unsigned hash$i(const char *p);" >>parts.h
done
for i in 1 2 3 4 5 6 7 8; do
	cat >test$i.c <<END
#include <stdio.h>
#include <string.h>
#include "parts.h"
int main(int argc, char **argv)
{
	printf("test $i: %.9g %.9g %u\n", part0$i($i * 10), part1$((i % 3))(100), hash0$i(argv[0] + strlen(argv[0]) - 5));
	return 0;
}
END
done
cat >Makefile <<'END'
PARTS := $(patsubst %.c,%.o,$(wildcard part*.c))
TESTS := $(patsubst %.c,%,$(wildcard test*.c))
CFLAGS = -O2 -Wall
all: $(TESTS)
$(PARTS): parts.h
libparts.a: $(PARTS)
	@rm -f $@ && ar rcsD $@ $^ && echo made $@
test%: test%.o libparts.a
	@$(CC) -o $@ $^ -lm
%.o: %.c
	@$(CC) $(CFLAGS) -c -o $@ $<
check: $(TESTS:=.run)
%.run: %
	@./$< >$*.out && echo "$< passed" >>log
clean:
	@rm -f *.o *.a *.out log $(TESTS)
.PRECIOUS: %.o
END
ls *.c | wc -l
for cc in gcc clang; do
	command -v $cc >/dev/null || continue
	echo "--- $cc, make -j2"; make -j2 CC=$cc 2>&1 | sort; ls *.o | wc -l
	echo "--- $cc, make check"; make -j2 CC=$cc check; sort log; cat test*.out
	echo "--- $cc, again"; make -j2 CC=$cc; touch part05.c; make -j2 CC=$cc; md5sum part05.o part11.o; make clean; ls
done
