/* Text to numbers: what Val and Read accept. */
#include "abi.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* The base by its prefix: $ and 0x are 16, % is 2, & is 8. */
static u32 number_base(const char *s, u32 n, u32 *at)
{
	u32 i = *at;

	if (i + 1 < n && s[i] == '0' && (s[i + 1] | 0x20) == 'x') {
		*at += 2;
		return 16;
	}
	if (i >= n || !strchr("$%&", s[i]) || !s[i])
		return 10;
	++*at;
	return s[i] == '$' ? 16 : s[i] == '%' ? 2 : 8;
}

u32 number_int(const char *s, u32 n, i64 *out)
{
	u32 i = 0;
	bool minus = false;

	*out = 0;
	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	if (i < n && (s[i] == '+' || s[i] == '-'))
		minus = s[i++] == '-';
	u32 base = number_base(s, n, &i), first = i;
	u64 v = 0, most = base != 10 ? UINT64_MAX : minus ? (u64)INT64_MAX + 1 : (u64)INT64_MAX;
	for (; i < n; i++) {
		u32 d = (u32)digit_value(s[i]);
		if (d >= base || v > (most - d) / base)
			return i + 1;
		v = v * base + d;
	}
	if (i == first)
		return i + 1;
	*out = (i64)(minus ? 0 - v : v);
	return 0;
}

/* Length of the longest number at the head of s. */
static u32 real_prefix(const char *s, u32 n)
{
	u32 i = 0, first, good;

	if (i < n && (s[i] == '+' || s[i] == '-'))
		i++;
	for (first = i; i < n && digit_value(s[i]) < 10; i++)
		;
	if (i < n && s[i] == '.')
		for (i++; i < n && digit_value(s[i]) < 10; i++)
			;
	good = i;
	if (i == first || i == n || (s[i] | 0x20) != 'e')
		return good;
	if (++i < n && (s[i] == '+' || s[i] == '-'))
		i++;
	for (first = i; i < n && digit_value(s[i]) < 10; i++)
		;
	return i;
}

u32 number_real(const char *s, u32 n, double *out)
{
	u32 at = 0;

	*out = 0;
	while (at < n && (s[at] == ' ' || s[at] == '\t'))
		at++;
	u32 len = real_prefix(s + at, n - at);
	if (at + len < n || !f64_parse(s + at, len, out)) {
		*out = 0;
		return at + len + 1;
	}
	return 0;
}
