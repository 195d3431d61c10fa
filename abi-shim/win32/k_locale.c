/* kernel32: locales.  There is one, English of the United States, by all names that mean "the user's" or "the system's". */
#include "handlers.h"

#include <stdlib.h>
#include <strings.h>

enum { LCID = 0x409, RETURN_NUMBER = 0x20000000, GEO_US = 244 };

/* What a locale says, by LCTYPE. */
static const struct { u16 type; const char *text; } facts[] = {
	{0x01, "0409"}, {0x02, "English (United States)"}, {0x03, "ENU"}, {0x04, "English"}, {0x05, "1"}, {0x06, "United States"}, {0x07, "USA"},
	{0x08, "United States"}, {0x09, "0409"}, {0x0a, "1"}, {0x0b, "437"}, {0x0c, ","}, {0x0d, "1"}, {0x0e, "."}, {0x0f, ","}, {0x10, "3;0"}, {0x11, "2"},
	{0x12, "1"}, {0x13, "0123456789"}, {0x14, "$"}, {0x15, "USD"}, {0x16, "."}, {0x17, ","}, {0x18, "3;0"}, {0x19, "2"}, {0x1a, "2"}, {0x1b, "0"},
	{0x1c, "0"}, {0x1d, "/"}, {0x1e, ":"}, {0x1f, "M/d/yyyy"}, {0x20, "dddd, MMMM d, yyyy"}, {0x21, "0"}, {0x22, "0"}, {0x23, "0"}, {0x24, "1"},
	{0x25, "0"}, {0x26, "0"}, {0x27, "0"}, {0x28, "AM"}, {0x29, "PM"},
	{0x2a, "Monday"}, {0x2b, "Tuesday"}, {0x2c, "Wednesday"}, {0x2d, "Thursday"}, {0x2e, "Friday"}, {0x2f, "Saturday"}, {0x30, "Sunday"},
	{0x31, "Mon"}, {0x32, "Tue"}, {0x33, "Wed"}, {0x34, "Thu"}, {0x35, "Fri"}, {0x36, "Sat"}, {0x37, "Sun"},
	{0x38, "January"}, {0x39, "February"}, {0x3a, "March"}, {0x3b, "April"}, {0x3c, "May"}, {0x3d, "June"}, {0x3e, "July"}, {0x3f, "August"},
	{0x40, "September"}, {0x41, "October"}, {0x42, "November"}, {0x43, "December"},
	{0x44, "Jan"}, {0x45, "Feb"}, {0x46, "Mar"}, {0x47, "Apr"}, {0x48, "May"}, {0x49, "Jun"}, {0x4a, "Jul"}, {0x4b, "Aug"}, {0x4c, "Sep"}, {0x4d, "Oct"},
	{0x4e, "Nov"}, {0x4f, "Dec"}, {0x50, ""}, {0x51, "-"}, {0x52, "3"}, {0x53, "0"}, {0x54, "1"}, {0x55, "0"}, {0x56, "0"}, {0x57, "1"}, {0x59, "en"},
	{0x5a, "US"}, {0x5b, "244"}, {0x5c, "en-US"}, {0x6c, ""}, {0x73, "English (United States)"}, {0x6f, "English"}, {0x1001, "English"}, {0x1002, "United States"},
	{0x1003, "h:mm:ss tt"}, {0x1004, "65001"}, {0x1005, "0"}, {0x1006, "MMMM yyyy"}, {0x1007, "US Dollar"}, {0x1008, "US Dollar"}, {0x1009, "1"}, {0x100a, "1"},
	{0x100b, "0"}, {0x100c, "0"}, {0x100d, "0"}, {0x100e, ""}, {0x1010, "1"}, {0x1011, "65001"}, {0x1012, "500"}, {0x79, "h:mm tt"}, {0x78, "MMMM d"}
};

static const char *fact(u32 type)
{
	for (u32 i = 0; i < COUNT(facts); i++)
		if (facts[i].type == (type & 0xffff))
			return facts[i].text;
	return NULL;
}

static bool known_name(const char *s)
{
	return !s || !*s || strcasecmp(s, "en-US") == 0 || strcasecmp(s, "en") == 0 || strcasecmp(s, "!x-sys-default-locale") == 0;
}

static bool known_lcid(u64 id)
{
	return id == LCID || id == 0 || id == 9 || id == 0x400 || id == 0x800 || id == 0xc00 || id == 0x7f || id == 0x1000;
}

/* The result counts the NUL; room 0 asks for it. */
static u64 locale_info(WThread *t, u64 type, u64 at, u64 room)
{
	const char *s = fact((u32)type);
	bool wide = row_wide(t);

	if (!s)
		return fail(t, 1004); /* no such flag */
	if (type & RETURN_NUMBER) {
		u32 hex = (type & 0xffff) == 1 || (type & 0xffff) == 9;
		if (room < (wide ? 2u : 4u))
			return room ? fail(t, W_INSUFFICIENT_BUFFER) : wide ? 2 : 4;
		mem_put_u32(t, at, (u32)strtoul(s, NULL, hex ? 16 : 10));
		return wide ? 2 : 4;
	}
	u64 n = out_string(t, at, room, s);
	return n < room || !room ? n + 1 : fail(t, W_INSUFFICIENT_BUFFER);
}

u64 w_GetLocaleInfo(WThread *t, const u64 *a)
{
	return known_lcid(a[0]) ? locale_info(t, a[1], a[2], a[3]) : fail(t, W_INVALID_PARAMETER);
}

u64 w_GetLocaleInfoEx(WThread *t, const u64 *a)
{
	char *name = mem_wstr(t, a[0]);
	bool ok = known_name(name);

	free(name);
	return ok ? locale_info(t, a[1], a[2], a[3]) : fail(t, W_INVALID_PARAMETER);
}

u64 w_IsValidLocale(WThread *t, const u64 *a) { return known_lcid(a[0]) && a[0]; }

u64 w_IsValidLocaleName(WThread *t, const u64 *a)
{
	char *name = mem_wstr(t, a[0]);
	bool ok = name && known_name(name);

	free(name);
	return ok;
}

u64 w_GetUserDefaultLCID(WThread *t, const u64 *a) { return LCID; }
u64 w_GetUserGeoID(WThread *t, const u64 *a) { return GEO_US; }

static u64 put_name(WThread *t, u64 at, u64 room, const char *s)
{
	u64 n = out_string(t, at, room, s);

	return n < room || !room ? n + 1 : fail(t, W_INSUFFICIENT_BUFFER);
}

u64 w_GetUserDefaultLocaleName(WThread *t, const u64 *a) { return put_name(t, a[0], a[1], "en-US"); }

u64 w_LCIDToLocaleName(WThread *t, const u64 *a)
{
	return known_lcid(a[0]) ? put_name(t, a[1], a[2], a[0] == 0x7f ? "" : "en-US") : fail(t, W_INVALID_PARAMETER);
}

u64 w_ResolveLocaleName(WThread *t, const u64 *a)
{
	char *name = mem_wstr(t, a[0]);
	bool ok = known_name(name);

	free(name);
	return ok ? put_name(t, a[1], a[2], "en-US") : put_name(t, a[1], a[2], "");
}

u64 w_LocaleNameToLCID(WThread *t, const u64 *a)
{
	char *name = mem_wstr(t, a[0]);
	bool ok = known_name(name), invariant = name && !*name;

	free(name);
	return ok ? invariant ? 0x7f : LCID : fail(t, W_INVALID_PARAMETER);
}

/* The program's function gets the one locale there is. */
static u64 enumerate(WThread *t, const char *text, u64 fn, u32 n, u64 a1, u64 a2)
{
	u64 s = wheap_wstring(t, text);

	call_guest(t, fn, n, (u64[]){s, a1, a2});
	wheap_free(t, s);
	return 1;
}

u64 w_EnumSystemLocalesW(WThread *t, const u64 *a) { return enumerate(t, "00000409", a[0], 1, 0, 0); }
u64 w_EnumSystemLocalesEx(WThread *t, const u64 *a) { return enumerate(t, "en-US", a[0], 3, 0x22, a[2]); }

/* How many languages, how long their list; the list is one name or number. */
u64 w_GetPreferredUILanguages(WThread *t, const u64 *a)
{
	enum { BY_ID = 4 };
	static const u8 by_id[] = "0\0" "4\0" "0\0" "9\0\0\0\0", by_name[] = "e\0n\0-\0U\0S\0\0\0\0";
	const u8 *s = a[0] & BY_ID ? by_id : by_name;
	u32 units = a[0] & BY_ID ? 6 : 7;

	mem_put_u32(t, a[1], 1);
	u32 room = mem_u32(t, a[3]);
	mem_put_u32(t, a[3], units);
	if (!a[2])
		return 1;
	if (room < units)
		return fail(t, W_INSUFFICIENT_BUFFER);
	memcpy(mem_out(t, a[2], 2 * units), s, 2 * units);
	return 1;
}

/* ---- dates and times by pictures ---------------------------------------------------------------------------- */

typedef struct When {
	u16 year, month, weekday, day, hour, minute, second, ms;
} When;

static void add_number(Buf *b, u32 v, u32 digits)
{
	buf_printf(b, "%0*u", (int)digits, v);
}

/* One run of a letter of a date's picture; false: it is text. */
static bool date_part(Buf *b, char c, u32 n, const When *w)
{
	if (c == 'd' && n <= 2)
		add_number(b, w->day, n);
	else if (c == 'd')
		buf_printf(b, "%s", fact((n == 3 ? 0x31u : 0x2au) + (w->weekday + 6u) % 7));
	else if (c == 'M' && n <= 2)
		add_number(b, w->month, n);
	else if (c == 'M')
		buf_printf(b, "%s", fact((n == 3 ? 0x44u : 0x38u) + (w->month + 11u) % 12));
	else if (c == 'y' && n <= 2)
		add_number(b, w->year % 100, n);
	else if (c == 'y')
		add_number(b, w->year, 4);
	else if (c == 'g')
		buf_printf(b, "A.D.");
	else
		return false;
	return true;
}

static bool time_part(Buf *b, char c, u32 n, const When *w, u64 flags)
{
	enum { NO_MINUTES = 1, NO_SECONDS = 2 };
	const char *half = w->hour < 12 ? "AM" : "PM";

	if (c == 'h')
		add_number(b, (w->hour + 11u) % 12 + 1, n > 1 ? 2 : 1);
	else if (c == 'H')
		add_number(b, w->hour, n > 1 ? 2 : 1);
	else if (c == 'm' && !(flags & NO_MINUTES))
		add_number(b, w->minute, n > 1 ? 2 : 1);
	else if (c == 's' && !(flags & (NO_SECONDS | NO_MINUTES)))
		add_number(b, w->second, n > 1 ? 2 : 1);
	else if (c == 't')
		buf_printf(b, n > 1 ? "%s" : "%.1s", half);
	else
		return c == 'm' || c == 's';
	return true;
}

static void format(Buf *b, const char *p, const When *w, bool date, u64 flags)
{
	while (*p) {
		char c = *p;
		u32 n = 1;
		if (c == '\'') {
			for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
				buf_u8(b, (u8)*p);
				p += *p == '\'';
			}
			p += *p != 0;
			continue;
		}
		while (p[n] == c)
			n++;
		if (!(date ? date_part(b, c, n, w) : time_part(b, c, n, w, flags)))
			for (u32 i = 0; i < n; i++)
				buf_u8(b, (u8)c);
		p += n;
	}
	buf_u8(b, 0);
}

static When when(WThread *t, u64 at)
{
	When w;
	u8 now[16];
	const u8 *p = now;

	if (at)
		p = mem_in(t, at, 16);
	else {
		struct timespec ts;
		struct tm tm = {0};
		clock_gettime(CLOCK_REALTIME, &ts);
		localtime_r(&ts.tv_sec, &tm);
		return (When){(u16)(tm.tm_year + 1900), (u16)(tm.tm_mon + 1), (u16)tm.tm_wday, (u16)tm.tm_mday, (u16)tm.tm_hour, (u16)tm.tm_min, (u16)tm.tm_sec, 0};
	}
	w = (When){ld16(p), ld16(p + 2), ld16(p + 4), ld16(p + 6), ld16(p + 8), ld16(p + 10), ld16(p + 12), ld16(p + 14)};
	return w;
}

/* locale, flags, time, picture, buffer, room. */
static u64 put_formatted(WThread *t, const u64 *a, bool date)
{
	enum { LONG_DATE = 2, YEAR_MONTH = 8, NO_SECONDS = 2, NO_MINUTES = 1 };
	char *picture = a[3] ? arg_string(t, a, 3) : NULL;
	When w = when(t, a[2]);
	Buf b = {0};

	if (w.month - 1u > 11 || w.hour > 23 || w.minute > 59 || w.second > 59) {
		free(picture);
		return fail(t, W_INVALID_PARAMETER);
	}
	const char *usual = date ? fact(a[1] & LONG_DATE ? 0x20 : a[1] & YEAR_MONTH ? 0x1006 : 0x1f)
		: a[1] & NO_MINUTES ? "h tt" : a[1] & NO_SECONDS ? "h:mm tt" : fact(0x1003);
	format(&b, picture ? picture : usual, &w, date, picture ? a[1] : 0);
	free(picture);
	u64 n = out_string(t, a[4], a[5], (char *)b.p);
	buf_free(&b);
	return n < a[5] || !a[5] ? n + 1 : fail(t, W_INSUFFICIENT_BUFFER);
}

u64 w_GetDateFormat(WThread *t, const u64 *a) { return put_formatted(t, a, true); }
u64 w_GetTimeFormat(WThread *t, const u64 *a) { return put_formatted(t, a, false); }

/* A number in digits with a point: groups of three, two places. */
static u64 put_grouped(WThread *t, const u64 *a, const char *sign)
{
	char *s = arg_string(t, a, 2);
	Buf b = {0};

	if (!s || a[3]) {
		free(s);
		return fail(t, s ? W_NOT_SUPPORTED : W_INVALID_PARAMETER);
	}
	bool minus = *s == '-';
	const char *digits = s + minus, *point = strchr(digits, '.');
	size_t n = point ? (size_t)(point - digits) : strlen(digits);
	double rest = point ? strtod(point, NULL) : 0;
	buf_printf(&b, "%s%s", minus ? "-" : "", sign);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%c%s", digits[i], i + 1 < n && (n - i - 1) % 3 == 0 ? "," : "");
	buf_printf(&b, "%s.%02u", n ? "" : "0", (u32)(rest * 100 + 0.5) % 100);
	buf_u8(&b, 0);
	free(s);
	u64 len = out_string(t, a[4], a[5], (char *)b.p);
	buf_free(&b);
	return len < a[5] || !a[5] ? len + 1 : fail(t, W_INSUFFICIENT_BUFFER);
}

u64 w_GetNumberFormat(WThread *t, const u64 *a) { return put_grouped(t, a, ""); }
u64 w_GetCurrencyFormat(WThread *t, const u64 *a) { return put_grouped(t, a, "$"); }
