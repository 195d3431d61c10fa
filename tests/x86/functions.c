/* functions [COUNT]: x87's transcendental functions on this machine's processor and by soft80, on COUNT random arguments
 * each (1,000,000).  Says how many results differ, and by how many units in the last place at most; fails if that is more
 * than one anywhere. */
#include "../../pvm/x86/soft80.h"

#include <math.h>
#include <stdlib.h>

typedef struct Result { F80 a, b; } Result;

static u64 state = 1;

static u64 random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d;
}

/* Exponents in [lo, hi]. */
static F80 number(i32 lo, i32 hi, bool may_be_negative)
{
	u32 exp = (u32)(16383 + lo + (i32)(random64() % (u64)(hi - lo + 1)));

	return (F80){ random64() | 1ull << 63, (u16)(exp | (may_be_negative && random64() & 1 ? 0x8000 : 0)) };
}

static long double real(F80 a)
{
	long double r = 0;

	memcpy(&r, &a.m, 8);
	memcpy((u8 *)&r + 8, &a.se, 2);
	return r;
}

static F80 bits(long double r)
{
	F80 a;

	memcpy(&a.m, &r, 8);
	memcpy(&a.se, (u8 *)&r + 8, 2);
	return a;
}

/* ---- the processor -------------------------------------------------------------------------------- */

#define ONE(insn) do { long double r; __asm__(insn : "=t"(r) : "0"(real(x))); return (Result){ bits(r), bits(r) }; } while (0)
#define TWO(insn) do { long double r; __asm__(insn : "=t"(r) : "0"(real(x)), "u"(real(y)) : "st(1)"); return (Result){ bits(r), bits(r) }; } while (0)

static Result cpu_2xm1(F80 x, F80 y) { ONE("f2xm1"); }
static Result cpu_sin(F80 x, F80 y) { ONE("fsin"); }
static Result cpu_cos(F80 x, F80 y) { ONE("fcos"); }
static Result cpu_yl2x(F80 x, F80 y) { TWO("fyl2x"); }
static Result cpu_yl2xp1(F80 x, F80 y) { TWO("fyl2xp1"); }
static Result cpu_atan(F80 x, F80 y) { TWO("fpatan"); }

static Result cpu_tan(F80 x, F80 y)
{
	long double r, unit;

	__asm__("fptan" : "=t"(unit), "=u"(r) : "0"(real(x)));
	return (Result){ bits(r), bits(unit) };
}

static Result cpu_sincos(F80 x, F80 y)
{
	long double s, c;

	__asm__("fsincos" : "=t"(c), "=u"(s) : "0"(real(x)));
	return (Result){ bits(s), bits(c) };
}

/* ---- soft80 ---------------------------------------------------------------------------------------- */

static Env80 env;

static Result same(F80 a) { return (Result){ a, a }; }
static Result soft_2xm1(F80 x, F80 y) { return same(soft80_2xm1(&env, soft80_num(x))); }
static Result soft_yl2x(F80 x, F80 y) { return same(soft80_yl2x(&env, soft80_num(x), soft80_num(y))); }
static Result soft_yl2xp1(F80 x, F80 y) { return same(soft80_yl2xp1(&env, soft80_num(x), soft80_num(y))); }
static Result soft_atan(F80 x, F80 y) { return same(soft80_atan(&env, soft80_num(x), soft80_num(y))); }

static Result soft_sincos(F80 x, F80 y)
{
	Result r = { 0 };

	soft80_sincos(&env, soft80_num(x), &r.a, &r.b);
	return r;
}

static Result soft_sin(F80 x, F80 y) { return same(soft_sincos(x, y).a); }
static Result soft_cos(F80 x, F80 y) { return same(soft_sincos(x, y).b); }

static Result soft_tan(F80 x, F80 y)
{
	Result r = { .b = { 1ull << 63, 0x3fff } };

	soft80_tan(&env, soft80_num(x), &r.a);
	return r;
}

/* ---- measuring ------------------------------------------------------------------------------------- */

static const struct Function {
	const char *name;
	Result (*cpu)(F80 x, F80 y), (*soft)(F80 x, F80 y);
	i32 lo, hi;        /* exponents of x */
	bool negative;
} functions[] = {
	{ "f2xm1", cpu_2xm1, soft_2xm1, -40, -1, true },
	{ "fyl2x", cpu_yl2x, soft_yl2x, -60, 60, false },
	{ "fyl2x near 1", cpu_yl2x, soft_yl2x, -1, 0, false },
	{ "fyl2xp1", cpu_yl2xp1, soft_yl2xp1, -60, -3, true },
	{ "fpatan", cpu_atan, soft_atan, -20, 20, true },
	{ "fsin", cpu_sin, soft_sin, -40, 10, true },
	{ "fsin, large", cpu_sin, soft_sin, 10, 62, true },
	{ "fcos", cpu_cos, soft_cos, -40, 10, true },
	{ "fcos, large", cpu_cos, soft_cos, 10, 62, true },
	{ "fsincos", cpu_sincos, soft_sincos, -40, 62, true },
	{ "fptan", cpu_tan, soft_tan, -40, 62, true },
};

/* Units in the last place between two numbers of the same sign. */
static u64 distance(F80 a, F80 b)
{
	if (a.se != b.se)
		return (a.se >> 15) == (b.se >> 15) && (a.m == 1ull << 63 || b.m == 1ull << 63) ? 1 : ~0ull;
	return a.m > b.m ? a.m - b.m : b.m - a.m;
}

static bool measure(const struct Function *f, u64 count)
{
	u64 differ = 0, most = 0;

	for (u64 k = 0; k < count; k++) {
		F80 x = number(f->lo, f->hi, f->negative), y = number(-20, 20, true);
		env = (Env80){ .bits = 64, .masked = 0x3f };
		Result want = f->cpu(x, y), got = f->soft(x, y);
		u64 d = MAX(distance(want.a, got.a), distance(want.b, got.b));
		differ += d != 0;
		if (d > most && d > 1)
			printf("%s of %04x:%016llx (%04x:%016llx): cpu %04x:%016llx, soft80 %04x:%016llx\n", f->name, x.se, (unsigned long long)x.m,
				y.se, (unsigned long long)y.m, want.a.se, (unsigned long long)want.a.m, got.a.se, (unsigned long long)got.a.m);
		most = MAX(most, d);
	}
	printf("%-14s %9llu arguments, %8llu differ (%.4f %%), by %llu at most\n", f->name, (unsigned long long)count,
		(unsigned long long)differ, 100.0 * (double)differ / (double)count, (unsigned long long)most);
	return most <= 1;
}

int main(int argc, char **argv)
{
	u64 count = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
	bool ok = true;

	for (u32 k = 0; k < COUNT(functions); k++)
		ok &= measure(&functions[k], count);
	return !ok;
}
