/* Str and Val: numbers to and from strings in guest memory. */
#include "abi.h"

/* Gives the guest as much of the text as it has room for. */
static u64 give(Regfile *t, u64 addr, u64 most, const char *s, u32 n)
{
	n = MIN(n, (u32)most);
	memcpy(guest_ptr(abi_thread(t), (u32)addr, n), s, n);
	return n;
}

static u64 str_digits(Regfile *t, const u64 *args, const char *digits, u32 n)
{
	char out[FORMAT_MAX];
	i32 width = MIN((i32)args[1], FORMAT_MAX - 1);
	u32 blanks = width > (i32)n ? (u32)width - n : 0;

	memset(out, ' ', blanks);
	memcpy(out + blanks, digits, n);
	return give(t, args[2], args[3], out, blanks + n);
}

u64 sys_str_int(Regfile *t, const u64 *args)
{
	char digits[24];

	return str_digits(t, args, digits, format_int((i64)args[0], digits));
}

u64 sys_str_uint(Regfile *t, const u64 *args)
{
	char digits[24];

	return str_digits(t, args, digits, format_uint(args[0], digits));
}

static u64 str_real(Regfile *t, const u64 *args, bool single)
{
	char out[FORMAT_MAX];
	u32 n = format_real(u64_f64(args[0]), single, (i32)args[1], (i32)args[2], out);

	return give(t, args[3], args[4], out, n);
}

u64 sys_str_real(Regfile *t, const u64 *args) { return str_real(t, args, false); }

u64 sys_str_single(Regfile *t, const u64 *args) { return str_real(t, args, true); }

static const char *taken(Regfile *t, const u64 *args)
{
	return guest_ptr(abi_thread(t), (u32)args[0], (u32)args[1]);
}

u64 sys_val_int(Regfile *t, const u64 *args)
{
	i64 v;
	u32 bad = number_int(taken(t, args), (u32)args[1], &v);

	st32(guest_ptr(abi_thread(t), (u32)args[2], 4), bad);
	return (u64)v;
}

u64 sys_val_real(Regfile *t, const u64 *args)
{
	double v;
	u32 bad = number_real(taken(t, args), (u32)args[1], &v);

	st32(guest_ptr(abi_thread(t), (u32)args[2], 4), bad);
	return f64_canon(v);
}
