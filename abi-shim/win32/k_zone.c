/* kernel32: time zones.  The zone is the host's; its rules are read off its own clock, a year at a time. */
#include "handlers.h"
#include "filetime.h"

#include <stdlib.h>

enum { UNKNOWN, STANDARD, DAYLIGHT, SIZE = 172, DYNAMIC_SIZE = 432 };

/* When the zone's clock is set, in a year: seconds, offsets east in seconds. */
typedef struct Change {
	time_t at;
	long before, after;
	bool summer;          /* behind it */
} Change;

static long offset_at(time_t at, bool *summer, char *name, size_t size)
{
	struct tm tm = {0};

	localtime_r(&at, &tm);
	*summer = tm.tm_isdst > 0;
	if (name)
		snprintf(name, size, "%s", tm.tm_zone ? tm.tm_zone : "UTC");
	return tm.tm_gmtoff;
}

static time_t year_start(int year)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mday = 1};

	return timegm(&tm);
}

/* The changes of a year, at most two. */
static u32 changes(int year, Change *out)
{
	time_t from = year_start(year), end = year_start(year + 1);
	u32 n = 0;
	bool was, is;

	for (time_t t = from; t < end && n < 2; t += 86400) {
		long a = offset_at(t, &was, NULL, 0), b = offset_at(t + 86400, &is, NULL, 0);
		if (a == b)
			continue;
		time_t lo = t, hi = t + 86400;
		while (hi - lo > 1) {
			time_t mid = lo + (hi - lo) / 2;
			if (offset_at(mid, &was, NULL, 0) == a)
				lo = mid;
			else
				hi = mid;
		}
		out[n++] = (Change){hi, a, b, is};
	}
	return n;
}

/* SYSTEMTIME of a rule: month, which weekday of it (5: the last), the hour on the clock that is set. */
static void put_rule(u8 *p, const Change *c)
{
	time_t local = c->at + c->before;
	struct tm tm;

	gmtime_r(&local, &tm);
	static const u8 days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	u32 week = (u32)(tm.tm_mday - 1) / 7 + 1;
	if (tm.tm_mday + 7 > days[tm.tm_mon])
		week = 5;
	st16(p + 2, (u16)(tm.tm_mon + 1));
	st16(p + 4, (u16)tm.tm_wday);
	st16(p + 6, (u16)week);
	st16(p + 8, (u16)tm.tm_hour);
	st16(p + 10, (u16)tm.tm_min);
}

/* TIME_ZONE_INFORMATION: minutes west, the two names, rules and what they add.  What holds now. */
static u64 put_zone(u8 *p, int year)
{
	char name[2][32] = {"", ""};
	Change c[2];
	u32 n = changes(year, c);
	time_t winter_at = year_start(year);
	bool summer;
	long winter = offset_at(winter_at, &summer, name[0], sizeof name[0]), more = 0;

	memset(p, 0, SIZE);
	for (u32 i = 0; i < n; i++) {
		long off = offset_at(c[i].at, &summer, name[c[i].summer], sizeof name[0]);
		if (!c[i].summer)
			winter = off;
		else
			more = c[i].after - c[i].before;
		if (n == 2)
			put_rule(p + (c[i].summer ? 152 : 68), &c[i]);
	}
	if (!name[1][0])
		memcpy(name[1], name[0], sizeof name[0]);
	st32(p, (u32)(-winter / 60));
	text_to_wide(name[0], strlen(name[0]), p + 4, 31);
	text_to_wide(name[1], strlen(name[1]), p + 88, 31);
	st32(p + 168, n == 2 ? (u32)(-more / 60) : 0);
	offset_at(time(NULL), &summer, NULL, 0);
	return n < 2 ? UNKNOWN : summer ? DAYLIGHT : STANDARD;
}

static int this_year(void)
{
	time_t now = time(NULL);
	struct tm tm = {0};

	localtime_r(&now, &tm);
	return tm.tm_year + 1900;
}

u64 w_GetTimeZoneInformation(WThread *t, const u64 *a) { return put_zone(mem_out(t, a[0], SIZE), this_year()); }

u64 w_GetDynamicTimeZoneInformation(WThread *t, const u64 *a)
{
	u8 *p = mem_out(t, a[0], DYNAMIC_SIZE);
	u64 r;

	memset(p, 0, DYNAMIC_SIZE);
	r = put_zone(p, this_year());
	memcpy(p + SIZE, p + 4, 64); /* the key's name is the standard one */
	return r;
}

u64 w_GetTimeZoneInformationForYear(WThread *t, const u64 *a)
{
	if (a[0] < 1601 || a[0] > 30827)
		return fail(t, W_INVALID_PARAMETER);
	put_zone(mem_out(t, a[2], SIZE), (int)a[0]);
	return 1;
}

/* ---- conversions --------------------------------------------------------------------------------------------- */

static bool read_time(const u8 *p, struct tm *tm)
{
	*tm = (struct tm){.tm_year = ld16(p) - 1900, .tm_mon = ld16(p + 2) - 1, .tm_mday = ld16(p + 6), .tm_hour = ld16(p + 8), .tm_min = ld16(p + 10),
		.tm_sec = ld16(p + 12), .tm_isdst = -1};
	return ld16(p) >= 1601 && ld16(p + 2) - 1u < 12 && ld16(p + 6) - 1u < 31 && ld16(p + 8) < 24 && ld16(p + 10) < 60 && ld16(p + 12) < 60;
}

static void write_time(u8 *p, const struct tm *tm, u16 ms)
{
	const u16 v[8] = {(u16)(tm->tm_year + 1900), (u16)(tm->tm_mon + 1), (u16)tm->tm_wday, (u16)tm->tm_mday, (u16)tm->tm_hour, (u16)tm->tm_min,
		(u16)tm->tm_sec, ms};

	for (u32 i = 0; i < 8; i++)
		st16(p + 2 * i, v[i]);
}

/* When a rule of a zone sets the clock in a year, on that clock; 0: it has none. */
static time_t rule_at(const u8 *rule, int year)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = ld16(rule + 2) - 1, .tm_mday = 1, .tm_hour = ld16(rule + 8), .tm_min = ld16(rule + 10)};

	if (!ld16(rule + 2))
		return 0;
	time_t at = timegm(&tm);
	gmtime_r(&at, &tm);
	at += 86400 * ((ld16(rule + 4) + 7 - tm.tm_wday) % 7);
	for (u32 week = 1; week < ld16(rule + 6); week++) {
		time_t next = at + 7 * 86400;
		int month = tm.tm_mon;
		struct tm there;
		gmtime_r(&next, &there);
		if (there.tm_mon != month)
			break;
		at = next;
	}
	return at;
}

/* What is added to a local time of a zone that the program gives, in seconds. */
static long bias_of(const u8 *zone, time_t local, int year)
{
	time_t to_winter = rule_at(zone + 68, year), to_summer = rule_at(zone + 152, year);
	long base = (i32)ld32(zone), winter = base + (i32)ld32(zone + 84), summer = base + (i32)ld32(zone + 168);

	if (!to_winter || !to_summer)
		return 60 * base;
	bool is_summer = to_summer < to_winter ? local >= to_summer && local < to_winter : local >= to_summer || local < to_winter;
	return 60 * (is_summer ? summer : winter);
}

static u64 convert(WThread *t, u64 zone, u64 from, u64 to, bool to_local)
{
	u8 *out = mem_out(t, to, 16);
	const u8 *in = mem_in(t, from, 16);
	struct tm tm;
	u16 ms = ld16(in + 14);

	if (!read_time(in, &tm))
		return fail(t, W_INVALID_PARAMETER);
	time_t at;
	if (!zone) {
		at = to_local ? timegm(&tm) : mktime(&tm);
		if (to_local)
			localtime_r(&at, &tm);
		else
			gmtime_r(&at, &tm);
	} else {
		const u8 *z = mem_in(t, zone, SIZE);
		int year = tm.tm_year + 1900;
		at = timegm(&tm);
		long bias = bias_of(z, to_local ? at - 60 * (i32)ld32(z) : at, year);
		at += to_local ? -bias : bias;
		gmtime_r(&at, &tm);
	}
	write_time(out, &tm, ms);
	return 1;
}

u64 w_SystemTimeToTzSpecificLocalTime(WThread *t, const u64 *a) { return convert(t, a[0], a[1], a[2], true); }
u64 w_TzSpecificLocalTimeToSystemTime(WThread *t, const u64 *a) { return convert(t, a[0], a[1], a[2], false); }
