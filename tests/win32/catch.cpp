/* C++ exceptions as Visual C++ compiles them, with clang for its target: no headers, no library but vcruntime140 and msvcrt. */
extern "C" {
int printf(const char *, ...);
void exit(int);
void _purecall(void);
int _fltused = 1;
void *type_info_table[2] __asm__("??_7type_info@@6B@"); /* what the compiler's descriptions of types point to */
}

struct Base { int b; Base(int v) : b(v) {} virtual int who() { return b; } };
struct Left : virtual Base { int l; Left(int v) : Base(v), l(v + 1) {} };
struct Right : virtual Base { int r; Right(int v) : Base(v), r(v + 2) {} };
struct Both : Left, Right {
	int id;
	Both(int v) : Base(v), Left(v), Right(v), id(v * 10) {}
	Both(const Both &o) : Base(o.b), Left(o.b), Right(o.b), id(o.id + 1) { printf("copied %d\n", id); }
	~Both() { printf("~Both %d\n", id); }
};

struct Noisy {
	int n;
	Noisy(int v) : n(v) {}
	~Noisy() { printf("~%d\n", n); }
};

static int depth(int n)
{
	Noisy here(n);

	if (n == 0)
		throw 42;
	return depth(n - 1) + 1;
}

static void simple()
{
	try {
		depth(3);
	} catch (const char *s) {
		printf("wrong %s\n", s);
	} catch (int v) {
		printf("int %d\n", v);
	}
	try {
		throw "text";
	} catch (const char *s) {
		printf("%s\n", s);
	}
	try {
		throw 1.5;
	} catch (...) {
		printf("something\n");
	}
}

static void classes()
{
	try {
		throw Both(4);
	} catch (Base &b) {
		printf("base %d %d\n", b.b, b.who());
	}
	try {
		Both two(5);
		throw &two;
	} catch (Right *r) {
		printf("pointer %d\n", r->r);
	}
	try {
		throw Both(6);
	} catch (Both b) {
		printf("by value %d\n", b.id);
	}
}

/* Thrown again, from the block; the object lives until the last block has ended. */
static void again()
{
	try {
		Noisy outer(100);
		try {
			Noisy inner(101);
			throw Both(7);
		} catch (Left &l) {
			Noisy block(102);
			printf("first %d\n", l.l);
			throw;
		}
	} catch (Both &b) {
		printf("second %d\n", b.id);
	}
}

/* A block that throws something else, caught around it, within it, and by another function. */
static void nested(int how)
{
	Noisy guard(200 + how);

	try {
		try {
			throw how;
		} catch (int v) {
			Noisy block(300 + v);
			try {
				if (v & 1)
					throw "inner";
				printf("quiet\n");
			} catch (const char *s) {
				printf("inside: %s\n", s);
			}
			if (v & 2)
				throw 2.5;
			if (v & 4)
				throw 'c';
		} catch (const char *s) {
			printf("the block's own try: %s\n", s);
		}
		printf("went on\n");
	} catch (double d) {
		printf("around: %d\n", (int)(d * 2));
	}
}

static int loops()
{
	int sum = 0;

	for (int i = 0; i < 1000; i++) {
		try {
			if (i % 3 == 0)
				throw i;
			sum++;
		} catch (int v) {
			if (v % 2)
				continue;
			sum += 2;
		}
	}
	return sum;
}

extern "C" int main()
{
	simple();
	classes();
	again();
	for (int i = 0; i < 4; i++)
		nested(i);
	try {
		nested(4);
	} catch (char c) {
		printf("left with %c\n", c);
	}
	printf("%d\n", loops());
	return 5;
}

extern "C" void start() { exit(main()); }
