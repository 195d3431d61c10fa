/* Reads the argument signatures of syscalls.def, and prints arguments by them. */
#include "layouts.h"

#include <stdlib.h>

/* The kernel's value; libc's is 0 on hosts of 64 bits. */
#if defined(__aarch64__)
enum { HOST_LARGEFILE = 0x20000 };
#else
enum { HOST_LARGEFILE = 0x8000 };
#endif

typedef enum Show { SHOW_DEC, SHOW_DIRFD, SHOW_STR, SHOW_BUF, SHOW_RBUF, SHOW_HEX, SHOW_OCT, SHOW_PTR, SHOW_SIG, SHOW_FLAGS, SHOW_NAME,
	SHOW_OFLAGS, SHOW_FDFLAGS, SHOW_CMODE, SHOW_ACCESS, SHOW_SOCKTYPE, SHOW_STRV, SHOW_VARS }  Show;

static const struct Word {
	const char *name;
	u8 cls, show;
} words[] = {
#define W(word, cls, show) {#word, LC_##cls, SHOW_##show},
#include "args.def"
#undef W
};

static const struct Flag {
	const char *word, *name;
	u64 guest, host;
} flags[] = {
#define FL(word, name, guest, host) {#word, #name, guest, (u64)(host)},
#include "flags.def"
#undef FL
#define I(name, number, how, kind) {"ioctl", #name, number, 0},
#include "ioctl.def"
#undef I
#define P(name, number, how) {"prctl", #name, number, 0},
#include "prctl.def"
#undef P
	{"prctl", "PR_SET_NAME", 15, 0}, {"prctl", "PR_GET_NAME", 16, 0}, {"prctl", "PR_GET_SECCOMP", 21, 0}, {"prctl", "PR_SET_SECCOMP", 22, 0},
};

/* ---- signatures ------------------------------------------------------------------------------------ */

static LArg parse_word(const char *s, size_t n)
{
	if (*s == '<' || *s == '>' || *s == '&') {
		u8 cls = *s == '<' ? LC_GET : *s == '>' ? LC_PUT : LC_BOTH;
		LKind k = layout_find(s + 1, n - 1);
		if (!k)
			die(EXIT_VM, "syscalls.def: no struct %.*s", (int)n - 1, s + 1);
		return (LArg){cls, (u8)k, 0, false, false};
	}
	for (u32 i = 0; i < COUNT(words); i++)
		if (strlen(words[i].name) == n && memcmp(words[i].name, s, n) == 0)
			return (LArg){words[i].cls, 0, (u8)i, strcmp(words[i].name, "oflags") == 0 || strcmp(words[i].name, "fdflags") == 0, words[i].show == SHOW_DIRFD};
	die(EXIT_VM, "syscalls.def: no word %.*s", (int)n, s);
}

static void parse_sig(const char *s, LSig *out)
{
	out->at_flags = 6;
	for (; *s == '!' || *s == '~'; s++)
		*(*s == '!' ? &out->once : &out->hands_on) = true;
	while (*s && out->n < 6) {
		size_t n = strcspn(s, " ");
		if (n == 7 && memcmp(s, "atflags", n) == 0)
			out->at_flags = out->n;
		out->arg[out->n++] = parse_word(s, n);
		s += n;
		s += *s == ' ';
	}
}

/* Parsed when a row is first called. */
const LSig *args_sig(const LRow *row)
{
	static LSig sigs[512];
	LSig *s = &sigs[call_index(row)], parsed = {0};

	if (__atomic_load_n(&s->ready, __ATOMIC_ACQUIRE))
		return s;
	parse_sig(row->sig, &parsed);
	*s = parsed; /* several threads may: they write the same bytes */
	__atomic_store_n(&s->ready, true, __ATOMIC_RELEASE);
	return s;
}

/* ---- flags ----------------------------------------------------------------------------------------- */

u64 flags_to_host(const char *word, u64 guest)
{
	u64 host = 0;

	for (u32 i = 0; i < COUNT(flags); i++) {
		if (strcmp(flags[i].word, word) == 0 && guest & flags[i].guest) {
			host |= flags[i].host;
			guest &= ~flags[i].guest;
		}
	}
	return host | guest;
}

u64 flags_to_guest(const char *word, u64 host)
{
	u64 guest = 0;

	for (u32 i = 0; i < COUNT(flags); i++) {
		if (strcmp(flags[i].word, word) == 0 && host & flags[i].host) {
			guest |= flags[i].guest;
			host &= ~flags[i].host;
		}
	}
	return guest | host;
}

/* ---- printing -------------------------------------------------------------------------------------- */

static void show_flags(const char *word, u64 v, Buf *out)
{
	const char *bar = "";

	for (u32 i = 0; i < COUNT(flags); i++) {
		if (strcmp(flags[i].word, word) == 0 && v & flags[i].guest) {
			buf_printf(out, "%s%s", bar, flags[i].name);
			v &= ~flags[i].guest;
			bar = "|";
		}
	}
	if (v || !*bar)
		buf_printf(out, v ? "%s%#llx" : "0", bar, (unsigned long long)v);
}

static void show_name(const char *word, u64 v, Buf *out)
{
	for (u32 i = 0; i < COUNT(flags); i++) {
		if (strcmp(flags[i].word, word) == 0 && v == flags[i].guest) {
			buf_printf(out, "%s", flags[i].name);
			return;
		}
	}
	buf_printf(out, "%#llx", (unsigned long long)v);
}

/* How a file is opened has the access first, which is no bit when it is reading. */
static void show_oflags(u64 v, Buf *out)
{
	if (!(v & O_ACCMODE))
		buf_printf(out, v ? "O_RDONLY|" : "O_RDONLY");
	if (v)
		show_flags("oflags", v, out);
}

static void show_socktype(u64 v, Buf *out)
{
	show_name("socktype", v & 0xf, out);
	if (v & ~0xfull & 0x80000)
		buf_printf(out, "|SOCK_CLOEXEC");
	if (v & 0x800)
		buf_printf(out, "|SOCK_NONBLOCK");
}

static void show_string(LThread *t, u64 at, Buf *out);

static u64 word_at(LThread *t, u64 at)
{
	u8 raw[8];

	return !xguest_read(t->x, at, raw, t->wide ? 8 : 4) ? 0 : t->wide ? ld64(raw) : ld32(raw);
}

/* An array of strings, or how many there are. */
static void show_strings(LThread *t, u64 at, bool count, Buf *out)
{
	enum { MOST = 32 };
	u32 word = t->wide ? 8 : 4, n = 0;

	if (!at || !word_at(t, at)) {
		buf_printf(out, at ? "[]" : "NULL");
		return;
	}
	for (u64 p; (p = word_at(t, at + (u64)n * word)) && (count || n < MOST); n++) {
		if (count)
			continue;
		buf_printf(out, n ? ", " : "[");
		show_string(t, p, out);
	}
	if (count)
		buf_printf(out, "%#llx /* %u vars */", (unsigned long long)at, n);
	else
		buf_printf(out, n == MOST ? ", ...]" : "]");
}

/* A string in quotes, as C writes it. */
static void show_bytes(const u8 *s, size_t n, bool more, Buf *out)
{
	buf_u8(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (s[i] && strchr("\n\t\r\"\\", s[i]))
			buf_printf(out, "\\%c", s[i] == '\n' ? 'n' : s[i] == '\t' ? 't' : s[i] == '\r' ? 'r' : s[i]);
		else if (s[i] >= ' ' && s[i] < 127)
			buf_u8(out, s[i]);
		else
			buf_printf(out, "\\%o", s[i]);
	}
	buf_printf(out, more ? "\"..." : "\"");
}

static void show_string(LThread *t, u64 at, Buf *out)
{
	char s[200];
	i64 n = xguest_string(t->x, at, s, sizeof s);

	if (n >= 0)
		show_bytes((u8 *)s, (size_t)n, false, out);
	else
		buf_printf(out, at ? "%#llx" : "NULL", (unsigned long long)at);
}

static void show_buffer(LThread *t, u64 at, u64 size, Buf *out)
{
	u8 s[32];
	size_t n = MIN(size, sizeof s);

	if (at && xguest_read(t->x, at, s, n))
		show_bytes(s, n, size > n, out);
	else
		buf_printf(out, at ? "%#llx" : "NULL", (unsigned long long)at);
}

/* The mode of a file that is not created, and what a command of fcntl does not take. */
bool args_hidden(const LSig *sig, u32 i, const u64 *raw)
{
	enum { CREAT = 0x40, TMPFILE = 0x400000 };

	if (i == 2 && sig->arg[1].cls == LC_INT && strcmp(words[sig->arg[1].show].name, "fcntl") == 0)
		return raw[1] == F_GETFD || raw[1] == F_GETFL || raw[1] == F_GETOWN || raw[1] == F_GETPIPE_SZ || raw[1] == F_GET_SEALS;
	return i && sig->arg[i].cls < LC_GET && words[sig->arg[i].show].show == SHOW_CMODE && !(raw[i - 1] & (CREAT | TMPFILE));
}

void args_show(LThread *t, u8 word, u64 v, u64 size, Buf *out)
{
	const struct Word *w = &words[word];

	switch (w->show) {
	case SHOW_DEC: buf_printf(out, "%lld", (long long)v); break;
	case SHOW_DIRFD: buf_printf(out, (i64)v == AT_FDCWD ? "AT_FDCWD" : "%lld", (long long)v); break;
	case SHOW_STR: show_string(t, v, out); break;
	case SHOW_BUF:
	case SHOW_RBUF: show_buffer(t, v, size, out); break;
	case SHOW_CMODE:
	case SHOW_OCT: buf_printf(out, "0%llo", (unsigned long long)v); break;
	case SHOW_FDFLAGS: show_flags("oflags", v, out); break;
	case SHOW_SIG: if (!v) buf_u8(out, '0'); else buf_printf(out, "SIG%s", v < NSIG && sigabbrev_np((int)v) ? sigabbrev_np((int)v) : "?"); break;
	case SHOW_FLAGS: show_flags(w->name, v, out); break;
	case SHOW_OFLAGS: show_oflags(v, out); break;
	case SHOW_ACCESS: v ? show_flags(w->name, v, out) : buf_printf(out, "F_OK"); break;
	case SHOW_SOCKTYPE: show_socktype(v, out); break;
	case SHOW_STRV:
	case SHOW_VARS: show_strings(t, v, w->show == SHOW_VARS, out); break;
	case SHOW_NAME: show_name(w->name, v, out); break;
	case SHOW_PTR:
		if (!v) {
			buf_printf(out, "NULL");
			break;
		}
		/* fall through */
	default: buf_printf(out, "%#llx", (unsigned long long)v);
	}
}
