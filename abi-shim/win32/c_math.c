/* The C library: real numbers, and the words that control how the processor calculates. */
#include "crt.h"

#include <math.h>

#define REAL1(name) u64 w_##name(WThread *t, const u64 *a) { return f64_u64(name(u64_f64(a[0]))); }
#define REAL2(name) u64 w_##name(WThread *t, const u64 *a) { return f64_u64(name(u64_f64(a[0]), u64_f64(a[1]))); }
#define FLOAT1(name) u64 w_##name##f(WThread *t, const u64 *a) { return f32_u32(name##f(u32_f32((u32)a[0]))); }
#define FLOAT2(name) u64 w_##name##f(WThread *t, const u64 *a) { return f32_u32(name##f(u32_f32((u32)a[0]), u32_f32((u32)a[1]))); }
#define BOTH1(name) REAL1(name) FLOAT1(name)
#define BOTH2(name) REAL2(name) FLOAT2(name)
BOTH1(sin) BOTH1(cos) BOTH1(tan) BOTH1(asin) BOTH1(acos) BOTH1(atan) BOTH1(sinh) BOTH1(cosh) BOTH1(tanh)
BOTH1(asinh) BOTH1(acosh) BOTH1(atanh) BOTH1(exp) BOTH1(exp2) BOTH1(expm1) BOTH1(log) BOTH1(log2) BOTH1(log10) BOTH1(log1p) BOTH1(logb)
BOTH1(sqrt) BOTH1(cbrt) BOTH1(floor) BOTH1(ceil) BOTH1(fabs) BOTH1(trunc) BOTH1(round) BOTH1(rint) BOTH1(nearbyint)
BOTH1(erf) BOTH1(erfc) BOTH1(lgamma) BOTH1(tgamma)
BOTH2(atan2) BOTH2(pow) BOTH2(fmod) BOTH2(hypot) BOTH2(fmax) BOTH2(fmin) BOTH2(fdim) BOTH2(copysign) BOTH2(nextafter) BOTH2(remainder)
REAL1(j0) REAL1(j1) REAL1(y0) REAL1(y1)

u64 w_fma(WThread *t, const u64 *a) { return f64_u64(fma(u64_f64(a[0]), u64_f64(a[1]), u64_f64(a[2]))); }
u64 w_fmaf(WThread *t, const u64 *a) { return f32_u32(fmaf(u32_f32((u32)a[0]), u32_f32((u32)a[1]), u32_f32((u32)a[2]))); }
u64 w_ldexp(WThread *t, const u64 *a) { return f64_u64(ldexp(u64_f64(a[0]), (int)a[1])); }
u64 w_ldexpf(WThread *t, const u64 *a) { return f32_u32(ldexpf(u32_f32((u32)a[0]), (int)a[1])); }
u64 w_ilogb(WThread *t, const u64 *a) { return (u64)ilogb(u64_f64(a[0])); }
u64 w_chgsign(WThread *t, const u64 *a) { return a[0] ^ (u64)1 << 63; }

/* Nearest whole numbers; what does not fit gives the least number, as the processor does. */
static i64 whole(double d) { return d >= -9223372036854775808.0 && d < 9223372036854775808.0 ? (i64)d : INT64_MIN; }
static u64 whole32(double d) { return d > -2147483649.0 && d < 2147483648.0 ? (u64)(i64)d : (u64)(i64)INT32_MIN; }

u64 w_llround(WThread *t, const u64 *a) { return (u64)whole(round(u64_f64(a[0]))); }
u64 w_lround(WThread *t, const u64 *a) { return whole32(round(u64_f64(a[0]))); }
u64 w_llrint(WThread *t, const u64 *a) { return (u64)whole(rint(u64_f64(a[0]))); }
u64 w_lrint(WThread *t, const u64 *a) { return whole32(rint(u64_f64(a[0]))); }
u64 w_llroundf(WThread *t, const u64 *a) { return (u64)whole(round(u32_f32((u32)a[0]))); }
u64 w_lroundf(WThread *t, const u64 *a) { return whole32(round(u32_f32((u32)a[0]))); }
u64 w_llrintf(WThread *t, const u64 *a) { return (u64)whole(rint(u32_f32((u32)a[0]))); }
u64 w_lrintf(WThread *t, const u64 *a) { return whole32(rint(u32_f32((u32)a[0]))); }

u64 w_frexp(WThread *t, const u64 *a)
{
	int e;
	double m = frexp(u64_f64(a[0]), &e);

	mem_put_u32(t, a[1], (u32)e);
	return f64_u64(m);
}

u64 w_modf(WThread *t, const u64 *a)
{
	double all, part = modf(u64_f64(a[0]), &all);

	mem_put_u64(t, a[1], f64_u64(all));
	return f64_u64(part);
}

u64 w_modff(WThread *t, const u64 *a)
{
	float all, part = modff(u32_f32((u32)a[0]), &all);

	mem_put_u32(t, a[1], f32_u32(all));
	return f32_u32(part);
}

/* struct _complex is two doubles by value. */
u64 w_cabs(WThread *t, const u64 *a) { return f64_u64(hypot(u64_f64(a[0]), u64_f64(a[1]))); }

/* ---- kinds of numbers ------------------------------------------------------------------------------------------ */

u64 w_isnan(WThread *t, const u64 *a) { return isnan(u64_f64(a[0])) != 0; }
u64 w_finite(WThread *t, const u64 *a) { return isfinite(u64_f64(a[0])) != 0; }
u64 w_dsign(WThread *t, const u64 *a) { return a[0] >> 63 ? 0x8000 : 0; }
u64 w_fdsign(WThread *t, const u64 *a) { return (u32)a[0] >> 31 ? 0x8000 : 0; }

/* _FPCLASS_*: one bit. */
u64 w_fpclass(WThread *t, const u64 *a)
{
	bool minus = a[0] >> 63;
	double d = u64_f64(a[0]);

	if (isnan(d))
		return a[0] >> 51 & 1 ? 2 : 1;
	if (isinf(d))
		return minus ? 4 : 0x200;
	if (d == 0)
		return minus ? 0x20 : 0x40;
	return isnormal(d) ? minus ? 8 : 0x100 : minus ? 0x10 : 0x80;
}

/* FP_*: infinite 1, NaN 2, normal -1, subnormal -2, zero 0. */
static u64 kind_of(double d, bool normal)
{
	return isinf(d) ? 1 : isnan(d) ? 2 : d == 0 ? 0 : (u64)(normal ? -1 : -2);
}

u64 w_dclass(WThread *t, const u64 *a) { return kind_of(u64_f64(a[0]), isnormal(u64_f64(a[0]))); }
u64 w_fdclass(WThread *t, const u64 *a) { return kind_of(u32_f32((u32)a[0]), isnormal(u32_f32((u32)a[0]))); }
u64 w_dtest(WThread *t, const u64 *a) { return w_dclass(t, (u64[]){mem_u32(t, a[0]) | (u64)mem_u32(t, a[0] + 4) << 32}); }
u64 w_fdtest(WThread *t, const u64 *a) { return w_fdclass(t, (u64[]){mem_u32(t, a[0])}); }

/* ---- how the processor calculates ------------------------------------------------------------------------------ */

enum { EM_ALL = 0x8001f, RC = 0x300, DN = 0x3000000 };

/* Masked exceptions, in Microsoft's order: inexact 1, underflow 2, overflow 4, zero 8, invalid 16, denormal 0x80000; by the
 * place of MXCSR's masks (from bit 7) and of its flags (from bit 0). */
static const struct { u32 ms, bit; } exceptions[] = {{0x10, 0}, {0x80000, 1}, {8, 2}, {4, 3}, {2, 4}, {1, 5}};

static u32 to_ms(u32 bits)
{
	u32 v = 0;

	for (u32 i = 0; i < COUNT(exceptions); i++)
		v |= bits >> exceptions[i].bit & 1 ? exceptions[i].ms : 0;
	return v;
}

static u32 from_ms(u32 v)
{
	u32 bits = 0;

	for (u32 i = 0; i < COUNT(exceptions); i++)
		bits |= v & exceptions[i].ms ? 1u << exceptions[i].bit : 0;
	return bits;
}

/* Rounding: nearest, down, up, cut in both orders.  53 bits of precision are what there is on x86-64. */
static u32 control_now(WThread *t)
{
	u32 m = (u32)*xreg(t->x, XS_MXCSR), v = to_ms(m >> 7 & 0x3f) | (m >> 13 & 3) << 8;

	if (m & 0x8000)
		v |= 0x1000000;
	return t->wide ? v : v | 0x10000;
}

static u32 control(WThread *t, u32 set, u32 mask)
{
	u32 now = control_now(t);

	mask &= EM_ALL | RC | DN;
	if (mask) {
		u32 v = (now & ~mask) | (set & mask), m = (u32)*xreg(t->x, XS_MXCSR) & ~0xff80u;
		m |= from_ms(v) << 7 | (v >> 8 & 3) << 13 | (v & 0x1000000 ? 0x8000 : 0);
		*xreg(t->x, XS_MXCSR) = m;
		if (!t->wide)
			*xreg(t->x, XS_FCW) = (*xreg(t->x, XS_FCW) & ~(u64)0xc3f) | from_ms(v) | (v >> 8 & 3) << 10;
	}
	return control_now(t);
}

/* _controlfp leaves the mask of denormals as it is, _control87 does not. */
u64 w_controlfp(WThread *t, const u64 *a) { return control(t, (u32)a[0], (u32)a[1] & ~0x80000u); }
u64 w_control87(WThread *t, const u64 *a) { return control(t, (u32)a[0], (u32)a[1]); }

u64 w_controlfp_s(WThread *t, const u64 *a)
{
	u32 v = control(t, (u32)a[1], (u32)a[2] & ~0x80000u);

	if (a[0])
		mem_put_u32(t, a[0], v);
	return 0;
}

u64 w_statusfp(WThread *t, const u64 *a) { return to_ms((u32)*xreg(t->x, XS_MXCSR) & 0x3f); }

u64 w_clearfp(WThread *t, const u64 *a)
{
	u64 v = w_statusfp(t, a);

	*xreg(t->x, XS_MXCSR) &= ~(u64)0x3f;
	return v;
}

u64 w_fpreset(WThread *t, const u64 *a)
{
	*xreg(t->x, XS_MXCSR) = 0x1f80;
	*xreg(t->x, XS_FCW) = 0x27f;
	return 0;
}

/* C's rounding modes have Microsoft's numbers. */
u64 w_fegetround(WThread *t, const u64 *a) { return control_now(t) & RC; }

u64 w_fesetround(WThread *t, const u64 *a)
{
	if (a[0] & ~(u64)RC)
		return 1;
	control(t, (u32)a[0], RC);
	return 0;
}

/* fenv_t: control, status. */
u64 w_fegetenv(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], control_now(t));
	mem_put_u32(t, a[0] + 4, (u32)w_statusfp(t, a));
	return 0;
}

u64 w_fesetenv(WThread *t, const u64 *a)
{
	control(t, mem_u32(t, a[0]), ~0u);
	*xreg(t->x, XS_MXCSR) = (*xreg(t->x, XS_MXCSR) & ~(u64)0x3f) | from_ms(mem_u32(t, a[0] + 4));
	return 0;
}

u64 w_feholdexcept(WThread *t, const u64 *a)
{
	w_fegetenv(t, a);
	w_clearfp(t, a);
	control(t, EM_ALL, EM_ALL);
	return 0;
}

u64 w_fetestexcept(WThread *t, const u64 *a) { return w_statusfp(t, a) & a[0]; }

u64 w_feclearexcept(WThread *t, const u64 *a)
{
	*xreg(t->x, XS_MXCSR) &= ~(u64)from_ms((u32)a[0]);
	return 0;
}

/* Takes the number on top of the x87 stack: cut to a whole number of 64 bits. */
u64 w_ftol(WThread *t, const u64 *a)
{
	u64 *s = xreg(t->x, 0), top = s[XS_FTOP] & 7, m = s[XS_ST + 2 * top];
	u32 e = (u32)s[XS_ST + 2 * top + 1];
	int shift = 16383 + 63 - (int)(e & 0x7fff);

	s[XS_FTAG] &= ~((u64)1 << top);
	s[XS_FTOP] = (top + 1) & 7;
	if (shift <= 0) /* too large: what the processor stores */
		return (u64)1 << 63;
	u64 v = shift > 63 ? 0 : m >> shift;
	return e & 0x8000 ? 0 - v : v;
}
