/* The C library: time.  Functions without a number in their name have 64-bit times on x86-64, 32-bit ones on i386. */
#include "crt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { TM = 36, TEXT = 26 };

static bool is_64(const WThread *t)
{
	return strstr(t->row->name, "64") || (t->wide && !strstr(t->row->name, "32"));
}

static i64 get_time(WThread *t, u64 at)
{
	return is_64(t) ? (i64)(mem_u32(t, at) | (u64)mem_u32(t, at + 4) << 32) : (i32)mem_u32(t, at);
}

static void put_time(WThread *t, u64 at, i64 v)
{
	if (is_64(t))
		mem_put_u64(t, at, (u64)v);
	else
		mem_put_u32(t, at, (u32)v);
}

u64 w_time(WThread *t, const u64 *a)
{
	i64 now = time(NULL);

	if (a[0])
		put_time(t, a[0], now);
	return (u64)now;
}

u64 w_clock(WThread *t, const u64 *a)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

u64 w_difftime(WThread *t, const u64 *a) { return f64_u64((double)((i64)a[0] - (i64)a[1])); }

/* ---- broken down -------------------------------------------------------------------------------------------- */

static void put_tm(WThread *t, u64 at, const struct tm *m)
{
	const int v[] = {m->tm_sec, m->tm_min, m->tm_hour, m->tm_mday, m->tm_mon, m->tm_year, m->tm_wday, m->tm_yday, m->tm_isdst};
	u8 *p = mem_out(t, at, TM);

	for (u32 i = 0; i < COUNT(v); i++)
		st32(p + 4 * i, (u32)v[i]);
}

static struct tm get_tm(WThread *t, u64 at)
{
	const u8 *p = mem_in(t, at, TM);
	struct tm m = {0};
	int *const v[] = {&m.tm_sec, &m.tm_min, &m.tm_hour, &m.tm_mday, &m.tm_mon, &m.tm_year, &m.tm_wday, &m.tm_yday, &m.tm_isdst};

	for (u32 i = 0; i < COUNT(v); i++)
		*v[i] = (int)ld32(p + 4 * i);
	return m;
}

/* Each thread has its own room for results. */
static u64 room(WThread *t, u32 which)
{
	static _Thread_local u64 at[3];

	if (!at[which])
		at[which] = wheap_zalloc(t, 64);
	return at[which];
}

static bool break_down(WThread *t, u64 from, u64 to, bool local)
{
	i64 v = from ? get_time(t, from) : -1;
	time_t h = (time_t)v;
	struct tm m;

	if (v < (local ? -43200 : -43200) || !(local ? localtime_r(&h, &m) : gmtime_r(&h, &m))) {
		crt_errno(t, EINVAL);
		return false;
	}
	put_tm(t, to, &m);
	return true;
}

u64 w_gmtime(WThread *t, const u64 *a) { return break_down(t, a[0], room(t, 0), false) ? room(t, 0) : 0; }
u64 w_localtime(WThread *t, const u64 *a) { return break_down(t, a[0], room(t, 0), true) ? room(t, 0) : 0; }
u64 w_gmtime_s(WThread *t, const u64 *a) { return break_down(t, a[1], a[0], false) ? 0 : EINVAL; }
u64 w_localtime_s(WThread *t, const u64 *a) { return break_down(t, a[1], a[0], true) ? 0 : EINVAL; }

static u64 make(WThread *t, u64 at, bool local)
{
	struct tm m = get_tm(t, at);
	time_t v = local ? mktime(&m) : timegm(&m);

	if (v != (time_t)-1)
		put_tm(t, at, &m);
	else
		crt_errno(t, EINVAL);
	return (u64)(i64)v;
}

u64 w_mktime(WThread *t, const u64 *a) { return make(t, a[0], true); }
u64 w_mkgmtime(WThread *t, const u64 *a) { return make(t, a[0], false); }

/* ---- as text --------------------------------------------------------------------------------------------------- */

static u64 put_line(WThread *t, const struct tm *m, u64 to, bool wide)
{
	static const char day[] = "SunMonTueWedThuFriSat", month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char s[64];
	u32 n = (u32)snprintf(s, sizeof s, "%.3s %.3s %02d %02d:%02d:%02d %d\n", day + 3 * ((u32)m->tm_wday % 7), month + 3 * ((u32)m->tm_mon % 12), m->tm_mday,
		m->tm_hour, m->tm_min, m->tm_sec, m->tm_year + 1900);
	u8 *p = mem_out(t, to, (n + 1) * (wide ? 2 : 1));

	for (u32 i = 0; i <= n; i++) {
		if (wide)
			st16(p + 2 * i, (u8)s[i]);
		else
			p[i] = (u8)s[i];
	}
	return to;
}

static bool is_wide(const WThread *t) { return strncmp(t->row->name, "_w", 2) == 0; }

u64 w_asctime(WThread *t, const u64 *a)
{
	struct tm m = get_tm(t, a[0]);

	return put_line(t, &m, room(t, 1), is_wide(t));
}

static bool local_line(WThread *t, u64 from, u64 to)
{
	time_t h = (time_t)get_time(t, from);
	struct tm m;

	return h >= 0 && localtime_r(&h, &m) && put_line(t, &m, to, is_wide(t));
}

u64 w_ctime(WThread *t, const u64 *a) { return local_line(t, a[0], room(t, 1)) ? room(t, 1) : 0; }

u64 w_ctime_s(WThread *t, const u64 *a)
{
	return a[1] < TEXT || !local_line(t, a[2], a[0]) ? EINVAL : 0;
}

u64 w_asctime_s(WThread *t, const u64 *a)
{
	if (a[1] < TEXT)
		return EINVAL;
	struct tm m = get_tm(t, a[2]);
	put_line(t, &m, a[0], is_wide(t));
	return 0;
}

/* One conversion of strftime; '#' takes leading zeros away. */
static void put_field(Buf *out, const struct tm *m, char kind, bool plain, bool old)
{
	char form[3] = {'%', kind, 0}, s[200];

	if (kind == 'c' || kind == 'x')
		strftime(s, sizeof s, kind == 'x' ? "%m/%d/%y" : old ? "%m/%d/%y %H:%M:%S" : "%a %b %e %H:%M:%S %Y", m);
	else if (kind == 'z' && old)
		strftime(s, sizeof s, "%Z", m);
	else if (!strftime(s, sizeof s, form, m))
		s[0] = 0;
	const char *p = s;
	while (plain && p[0] == '0' && p[1])
		p++;
	buf_bytes(out, p, strlen(p));
}

static void format_time(Buf *out, const char *f, const struct tm *m, bool old)
{
	for (; *f; f++) {
		if (*f != '%') {
			buf_u8(out, (u8)*f);
			continue;
		}
		bool plain = f[1] == '#';
		f += 1 + plain;
		if (*f == 'E' || *f == 'O')
			f++;
		if (!*f)
			return;
		put_field(out, m, *f, plain, old);
	}
}

static u64 time_text(WThread *t, const u64 *a, bool wide)
{
	struct tm m = get_tm(t, a[3]), zone;
	char *f = wide ? mem_wstr(t, a[2]) : mem_str(t, a[2]);
	Buf out = {0};

	zone = m;
	mktime(&zone);
	m.tm_gmtoff = zone.tm_gmtoff;
	m.tm_zone = zone.tm_zone;
	format_time(&out, f, &m, strcmp(t->dll->name, "msvcrt.dll") == 0);
	free(f);
	u64 n = wide ? text_to_wide((char *)out.p, out.n, NULL, 0) : out.n;
	if (n >= a[1]) {
		crt_errno(t, ERANGE);
		n = 0;
	} else if (wide) {
		text_to_wide((char *)out.p, out.n, mem_out(t, a[0], 2 * n), n);
		st16(mem_out(t, a[0] + 2 * n, 2), 0);
	} else {
		memcpy(mem_out(t, a[0], n), out.p, n);
		*(u8 *)mem_out(t, a[0] + n, 1) = 0;
	}
	buf_free(&out);
	return n;
}

u64 w_strftime(WThread *t, const u64 *a) { return time_text(t, a, false); }
u64 w_wcsftime(WThread *t, const u64 *a) { return time_text(t, a, true); }

static u64 today(WThread *t, const u64 *a, const char *form)
{
	time_t now = time(NULL);
	struct tm m;
	char s[16];

	localtime_r(&now, &m);
	strftime(s, sizeof s, form, &m);
	memcpy(mem_out(t, a[0], 9), s, 9);
	return a[0];
}

u64 w_strdate(WThread *t, const u64 *a) { return today(t, a, "%m/%d/%y"); }
u64 w_strtime(WThread *t, const u64 *a) { return today(t, a, "%H:%M:%S"); }

/* ---- the zone --------------------------------------------------------------------------------------------------- */

/* Seconds west of Greenwich, whether there is summer time, its difference. */
static void zone_now(i32 *west, i32 *summer)
{
	tzset();
	*west = (i32)timezone;
	*summer = daylight;
}

static u64 variable(WThread *t, u32 which)
{
	u64 at = room(t, 2);
	i32 west, summer;

	zone_now(&west, &summer);
	mem_put_u32(t, at, (u32)west);
	mem_put_u32(t, at + 4, (u32)summer);
	mem_put_u32(t, at + 8, summer ? (u32)-3600 : 0);
	return at + 4 * which;
}

u64 w_p_timezone(WThread *t, const u64 *a) { return variable(t, 0); }
u64 w_p_daylight(WThread *t, const u64 *a) { return variable(t, 1); }
u64 w_p_dstbias(WThread *t, const u64 *a) { return variable(t, 2); }

u64 w_p_tzname(WThread *t, const u64 *a)
{
	static u64 at;
	u64 word = t->wide ? 8 : 4;

	if (!at) {
		tzset();
		at = wheap_zalloc(t, 2 * word);
		mem_put_word(t, at, wheap_string(t, tzname[0]));
		mem_put_word(t, at + word, wheap_string(t, tzname[1]));
	}
	return at;
}

u64 w_get_timezone(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], mem_u32(t, variable(t, 0)));
	return 0;
}

u64 w_get_daylight(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], mem_u32(t, variable(t, 1)));
	return 0;
}

u64 w_get_dstbias(WThread *t, const u64 *a)
{
	mem_put_u32(t, a[0], mem_u32(t, variable(t, 2)));
	return 0;
}

u64 w_get_tzname(WThread *t, const u64 *a)
{
	tzset();
	const char *s = tzname[a[3] != 0];
	u64 n = strlen(s) + 1;
	mem_put_word(t, a[0], n);
	if (a[1] && n > a[2])
		return ERANGE;
	if (a[1])
		memcpy(mem_out(t, a[1], n), s, n);
	return 0;
}

/* struct _timeb: time, milliseconds, zone in minutes, summer time. */
u64 w_ftime(WThread *t, const u64 *a)
{
	struct timespec ts;
	u32 at = is_64(t) ? 8 : 4;
	i32 west, summer;

	clock_gettime(CLOCK_REALTIME, &ts);
	zone_now(&west, &summer);
	put_time(t, a[0], ts.tv_sec);
	u8 *p = mem_out(t, a[0] + at, 6);
	st16(p, (u16)(ts.tv_nsec / 1000000));
	st16(p + 2, (u16)(west / 60));
	st16(p + 4, (u16)summer);
	return 0;
}

/* ---- times of files ------------------------------------------------------------------------------------------------ */

static void file_times(WThread *t, u64 from, struct timespec *ts)
{
	u64 size = is_64(t) ? 8 : 4;

	for (u32 i = 0; i < 2; i++)
		ts[i] = (struct timespec){from ? (time_t)get_time(t, from + size * i) : 0, from ? 0 : UTIME_NOW};
}

u64 w_utime(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), host[WIN_PATH];
	struct timespec ts[2];

	file_times(t, a[1], ts);
	bool ok = name && path_to_host(t->task, name, host, sizeof host) && utimensat(AT_FDCWD, host, ts, 0) == 0;
	free(name);
	return ok ? 0 : crt_fail(t);
}

u64 w_futime(WThread *t, const u64 *a)
{
	const CFd *f = crt_fd(t, a[0]);
	struct timespec ts[2];

	if (!f)
		return (u64)-1;
	file_times(t, a[1], ts);
	return futimens(f->fd, ts) == 0 ? 0 : crt_fail(t);
}
