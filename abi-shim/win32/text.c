/* WTF-8 and UTF-16.  Bytes that are no UTF-8 become the private units U+DC80 to U+DCFF and come back as they were, so that
 * any name of a Linux file has a name here. */
#include "w32.h"

/* Reads one character; gives its length. */
static size_t decode(const u8 *s, size_t n, u32 *c)
{
	u8 b = s[0];
	size_t len = b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;

	*c = 0xdc00u + b;
	if (!len || len > n)
		return 1;
	u32 v = len == 1 ? b : b & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (s[i] & 0x3f);
	}
	if ((len == 3 && v < 0x800) || (len == 4 && (v < 0x10000 || v > 0x10ffff)))
		return 1;
	*c = v;
	return len;
}

size_t text_to_wide(const char *text, size_t n, u8 *to, size_t room)
{
	const u8 *s = (const u8 *)text;
	size_t units = 0;

	for (size_t i = 0; i < n;) {
		u32 c, need;
		i += decode(s + i, n - i, &c);
		need = c >= 0x10000 ? 2 : 1;
		if (units + need <= room) {
			st16(to + 2 * units, need == 1 ? (u16)c : (u16)(0xd800 + ((c - 0x10000) >> 10)));
			if (need == 2)
				st16(to + 2 * units + 2, (u16)(0xdc00 + (c & 0x3ff)));
		}
		units += need;
	}
	return units;
}

static size_t encode(u32 c, u8 *out)
{
	if (c < 0x80) {
		out[0] = (u8)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (u8)(0xc0 | c >> 6);
		out[1] = (u8)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (u8)(0xe0 | c >> 12);
		out[1] = (u8)(0x80 | (c >> 6 & 0x3f));
		out[2] = (u8)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (u8)(0xf0 | c >> 18);
	out[1] = (u8)(0x80 | (c >> 12 & 0x3f));
	out[2] = (u8)(0x80 | (c >> 6 & 0x3f));
	out[3] = (u8)(0x80 | (c & 0x3f));
	return 4;
}

size_t text_from_wide(const u8 *w, size_t units, char *to, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < units; i++) {
		u32 c = ld16(w + 2 * i);
		u8 raw[4];
		size_t len;
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < units && (ld16(w + 2 * i + 2) & 0xfc00) == 0xdc00) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (ld16(w + 2 * i + 2) & 0x3ff);
			i++;
		}
		if (c >= 0xdc80 && c <= 0xdcff) {
			raw[0] = (u8)c;
			len = 1;
		} else {
			len = encode(c, raw);
		}
		if (n + len <= room)
			memcpy(to + n, raw, len);
		n += len;
	}
	return n;
}
