/* Code pages: tables made from the host's iconv when a page is first used. */
#include "nls.h"

#include <iconv.h>
#include <stdlib.h>

enum { UTF7 = 65000, UTF8 = 65001, ASCII = 20127, MISSING = 0xfffd };

typedef struct Page {
	u32 number;
	const char *name;      /* iconv's */
	bool wide;             /* characters of two bytes, too */
	u16 *to;               /* of a byte, or of two (first << 8 | second): a unit, MISSING: none */
	u16 *from;             /* of a unit: its bytes, 0: none */
	u8 lead[256];
} Page;

#define ONE(n, s) {.number = n, .name = s}
#define TWO(n, s) {.number = n, .name = s, .wide = true}
static Page pages[] = {
	ONE(437, "CP437"), ONE(737, "CP737"), ONE(775, "CP775"), ONE(850, "CP850"), ONE(852, "CP852"), ONE(855, "CP855"), ONE(857, "CP857"), ONE(858, "CP858"), ONE(860, "CP860"),
	ONE(861, "CP861"), ONE(862, "CP862"), ONE(863, "CP863"), ONE(864, "CP864"), ONE(865, "CP865"), ONE(866, "CP866"), ONE(869, "CP869"), ONE(874, "CP874"),
	TWO(932, "CP932"), TWO(936, "CP936"), TWO(949, "CP949"), TWO(950, "CP950"),
	ONE(1250, "CP1250"), ONE(1251, "CP1251"), ONE(1252, "CP1252"), ONE(1253, "CP1253"), ONE(1254, "CP1254"), ONE(1255, "CP1255"), ONE(1256, "CP1256"), ONE(1257, "CP1257"),
	ONE(1258, "CP1258"), ONE(10000, "MACINTOSH"), ONE(ASCII, "ASCII"), ONE(20866, "KOI8-R"), ONE(21866, "KOI8-U"),
	ONE(28591, "ISO-8859-1"), ONE(28592, "ISO-8859-2"), ONE(28593, "ISO-8859-3"), ONE(28594, "ISO-8859-4"), ONE(28595, "ISO-8859-5"), ONE(28596, "ISO-8859-6"),
	ONE(28597, "ISO-8859-7"), ONE(28598, "ISO-8859-8"), ONE(28599, "ISO-8859-9"), ONE(28603, "ISO-8859-13"), ONE(28605, "ISO-8859-15")
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static Page *find(u32 number)
{
	for (u32 i = 0; i < COUNT(pages); i++)
		if (pages[i].number == number)
			return &pages[i];
	return NULL;
}

u32 codepage_number(u64 page)
{
	if (page <= 3 && page != 2)
		return UTF8;
	return page == UTF8 || (page <= 65535 && find((u32)page)) ? (u32)page : 0;
}

/* ---- tables --------------------------------------------------------------------------------------------- */

/* One character of n bytes; MISSING: it is none. */
static u16 ask(iconv_t cd, const u8 *s, size_t n)
{
	char in[2] = {(char)s[0], n > 1 ? (char)s[1] : 0}, *from = in, *to;
	u8 out[8];
	size_t left = sizeof out;

	to = (char *)out;
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &n, &to, &left) == (size_t)-1 || n || left != sizeof out - 2)
		return MISSING;
	return ld16(out);
}

static void note(Page *p, u32 bytes, u16 unit)
{
	p->to[bytes] = unit;
	if (unit != MISSING && !p->from[unit])
		p->from[unit] = (u16)bytes;
}

static void build(Page *p)
{
	iconv_t cd = iconv_open("UTF-16LE", p->name);

	p->from = xcalloc(65536, sizeof *p->from);
	u16 *to = xcalloc(65536, sizeof *to);
	for (u32 i = 0; i < 65536; i++)
		to[i] = MISSING;
	p->to = to;
	for (u32 b = 0; b < 256; b++) {
		u8 s[2] = {(u8)b, 0};
		u16 unit = b < 128 ? (u16)b : cd == (iconv_t)-1 ? MISSING : ask(cd, s, 1);
		for (u32 second = 0x40; p->wide && unit == MISSING && second < 0xff; second++) {
			s[1] = (u8)second;
			u16 two = ask(cd, s, 2);
			p->lead[b] |= two != MISSING;
			note(p, b << 8 | second, two);
		}
		if (unit == MISSING && !p->lead[b] && p->number != ASCII)
			unit = (u16)b; /* what a page leaves open is a control character in Windows */
		note(p, b, unit);
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
}

static Page *page_of(u32 number)
{
	Page *p = find(number);

	pthread_mutex_lock(&lock);
	if (p && !p->to)
		build(p);
	pthread_mutex_unlock(&lock);
	return p;
}

bool codepage_lead_byte(u32 number, u8 b)
{
	const Page *p = page_of(number);

	return p && p->lead[b];
}

/* ---- UTF-8, as Windows reads and writes it: what is none becomes U+FFFD ---------------------------------------- */

static size_t utf8_to_wide(const u8 *s, size_t n, u8 *to, size_t room, bool *bad)
{
	size_t units = text_to_wide((const char *)s, n, NULL, 0);
	u8 *w = xmalloc(2 * units + 2);

	text_to_wide((const char *)s, n, w, units);
	for (size_t i = 0; i < units; i++) {
		u16 c = ld16(w + 2 * i);
		bool high = (c & 0xfc00) == 0xd800 && i + 1 < units && (ld16(w + 2 * i + 2) & 0xfc00) == 0xdc00;
		if (high) {
			if (i + 1 < room)
				memcpy(to + 2 * i, w + 2 * i, 4);
			i++;
			continue;
		}
		if ((c & 0xf800) == 0xd800) {
			c = MISSING;
			*bad = true;
		}
		if (i < room)
			st16(to + 2 * i, c);
	}
	free(w);
	return units;
}

static size_t utf8_from_wide(const u8 *w, size_t n, char *to, size_t room, bool *bad)
{
	size_t done = 0;

	for (size_t i = 0; i < n;) {
		u16 c = ld16(w + 2 * i);
		bool pair = (c & 0xfc00) == 0xd800 && i + 1 < n && (ld16(w + 2 * i + 2) & 0xfc00) == 0xdc00;
		char raw[4];
		size_t len = 3;
		if ((c & 0xf800) == 0xd800 && !pair) {
			memcpy(raw, "\xef\xbf\xbd", 3);
			*bad = true;
		} else {
			len = text_from_wide(w + 2 * i, pair ? 2 : 1, raw, sizeof raw);
		}
		if (done + len <= room)
			memcpy(to + done, raw, len);
		done += len;
		i += pair ? 2 : 1;
	}
	return done;
}

/* ---- conversions ---------------------------------------------------------------------------------------------- */

size_t codepage_to_wide(u32 number, const u8 *s, size_t n, u8 *to, size_t room, bool *bad)
{
	const Page *p = number == UTF8 ? NULL : page_of(number);
	size_t units = 0;

	if (!p)
		return utf8_to_wide(s, n, to, room, bad);
	for (size_t i = 0; i < n; units++) {
		bool two = p->lead[s[i]] && i + 1 < n;
		u16 c = p->to[two ? (u32)s[i] << 8 | s[i + 1] : s[i]];
		i += two ? 2 : 1;
		if (c == MISSING) {
			*bad = true;
			c = p->number == 932 ? 0x30fb : '?'; /* a middle dot in Japanese */
		}
		if (units < room)
			st16(to + 2 * units, c);
	}
	return units;
}

/* The bytes of a unit, or of what looks most like it; 0: there are none. */
static u32 bytes_of(const Page *p, u16 c, bool best_fit)
{
	u32 accent;

	if (!c || p->from[c])
		return p->from[c];
	if (!best_fit)
		return 0;
	if (c >= 0xff01 && c <= 0xff5e)
		return c - 0xfee0u;
	u16 base = nls_base(c, &accent);
	return accent ? p->from[base] : 0;
}

size_t codepage_from_wide(u32 number, const u8 *w, size_t n, char *to, size_t room, const char *replace, bool best_fit, bool *bad)
{
	const Page *p = number == UTF8 ? NULL : page_of(number);
	size_t done = 0;

	if (!p)
		return utf8_from_wide(w, n, to, room, bad);
	for (size_t i = 0; i < n; i++) {
		u16 c = ld16(w + 2 * i);
		u32 v = bytes_of(p, c, best_fit), len = v > 255 ? 2 : 1;
		char raw[4] = {(char)(len == 2 ? v >> 8 : v), (char)v};
		const char *from = raw;
		if (c && !v) {
			*bad = true;
			from = replace;
			len = (u32)strlen(replace);
			if ((c & 0xfc00) == 0xd800 && i + 1 < n && (ld16(w + 2 * i + 2) & 0xfc00) == 0xdc00)
				i++; /* one character, one sign for it */
		}
		if (done + len <= room)
			memcpy(to + done, from, len);
		done += len;
	}
	return done;
}
