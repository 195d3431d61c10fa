/* Converts structs between host and guest by the rows of structs.def. */
#include "layouts.h"

typedef struct Field {
	const char *name;       /* NULL: the row of a kind, with its sizes */
	u16 host, host_size;
	bool sgn;
	u16 off[2], size[2];    /* i386, x86-64 */
} Field;

/* Host types by kind. */
#define L(kind, type, size64, size32) typedef type Host_##kind;
#define F(kind, field, o64, s64, o32, s32)
#include "structs.def"
#undef L
#undef F

/* Whether a host field is signed; strings of bytes are not, for what it matters. */
#define FIELD_OF(kind, field) (((Host_##kind *)0)->field)
#define SIGNED(x) _Generic((x), char: (char)-1 < 0, i8: true, i16: true, i32: true, long: true, long long: true, default: false)

static const Field fields[] = {
	{.name = NULL},
#define L(kind, type, size64, size32) {.name = NULL, .host_size = sizeof(type), .size = {size32, size64}},
#define F(kind, field, o64, s64, o32, s32) \
	{#field, offsetof(Host_##kind, field), sizeof FIELD_OF(kind, field), SIGNED(FIELD_OF(kind, field)), {o32, o64}, {s32, s64}},
#include "structs.def"
#undef L
#undef F
	{.name = NULL}
};

static const char *const kind_names[LK_COUNT] = {
	"",
#define L(kind, type, size64, size32) #kind,
#define F(kind, field, o64, s64, o32, s32)
#include "structs.def"
#undef L
#undef F
};

#define L(kind, type, size64, size32) _Static_assert(sizeof(type) <= LAYOUT_HOST_MAX, #kind);
#define F(kind, field, o64, s64, o32, s32)
#include "structs.def"
#undef L
#undef F

/* The row of a kind; its fields follow it. */
static const Field *kind_row(LKind k)
{
	static u16 at[LK_COUNT];
	u32 n = 0;

	/* Several threads may fill it, with the same. */
	for (u32 i = 0; !__atomic_load_n(&at[LK_COUNT - 1], __ATOMIC_ACQUIRE) && i < COUNT(fields) - 1; i++)
		if (!fields[i].name)
			__atomic_store_n(&at[n++], (u16)i, __ATOMIC_RELEASE);
	return &fields[at[k]];
}

LKind layout_find(const char *name, size_t n)
{
	for (u32 k = 1; k < LK_COUNT; k++)
		if (strlen(kind_names[k]) == n && memcmp(kind_names[k], name, n) == 0)
			return (LKind)k;
	return LK_NONE;
}

u32 layout_size(LKind k, bool wide)
{
	return kind_row(k)->size[wide];
}

u32 layout_host_size(LKind k)
{
	return kind_row(k)->host_size;
}

static bool is_number(u32 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A number in the host's byte order. */
static u64 host_get(const u8 *p, u32 size, bool sgn)
{
	u8 b;
	u16 h;
	u32 w;
	u64 v;

	switch (size) {
	case 1: memcpy(&b, p, 1); return sgn ? (u64)(i64)(i8)b : b;
	case 2: memcpy(&h, p, 2); return sgn ? (u64)(i64)(i16)h : h;
	case 4: memcpy(&w, p, 4); return sgn ? (u64)(i64)(i32)w : w;
	default: memcpy(&v, p, 8); return v;
	}
}

static void host_put(u8 *p, u32 size, u64 v)
{
	u8 b = (u8)v;
	u16 h = (u16)v;
	u32 w = (u32)v;

	memcpy(p, size == 1 ? (void *)&b : size == 2 ? (void *)&h : size == 4 ? (void *)&w : (void *)&v, size);
}

/* A number in the guest's. */
static u64 guest_get(const u8 *p, u32 size, bool sgn)
{
	u64 v = size == 1 ? p[0] : size == 2 ? ld16(p) : size == 4 ? ld32(p) : ld64(p);
	u32 shift = 64 - 8 * size;

	return sgn ? (u64)((i64)(v << shift) >> shift) : v;
}

static void guest_put(u8 *p, u32 size, u64 v)
{
	for (u32 i = 0; i < size; i++)
		p[i] = (u8)(v >> 8 * i);
}

void layout_put(LKind k, bool wide, const void *host, u8 *guest)
{
	const Field *f = kind_row(k);
	const u8 *h = host;

	memset(guest, 0, f->size[wide]);
	while ((++f)->name) {
		if (is_number(f->size[wide]))
			guest_put(guest + f->off[wide], f->size[wide], host_get(h + f->host, f->host_size, f->sgn));
		else
			memcpy(guest + f->off[wide], h + f->host, f->size[wide]);
	}
}

void layout_get(LKind k, bool wide, const u8 *guest, void *host)
{
	const Field *f = kind_row(k);
	u8 *h = host;

	memset(host, 0, f->host_size);
	while ((++f)->name) {
		if (is_number(f->size[wide]))
			host_put(h + f->host, f->host_size, guest_get(guest + f->off[wide], f->size[wide], f->sgn));
		else
			memcpy(h + f->host, guest + f->off[wide], f->size[wide]);
	}
}

i64 layout_write(LThread *t, LKind k, u64 at, const void *host)
{
	u8 raw[LAYOUT_HOST_MAX];

	layout_put(k, t->wide, host, raw);
	return xguest_write(t->x, at, raw, layout_size(k, t->wide)) ? 0 : -EFAULT;
}

i64 layout_read(LThread *t, LKind k, u64 at, void *host)
{
	u8 raw[LAYOUT_HOST_MAX];

	if (!xguest_read(t->x, at, raw, layout_size(k, t->wide)))
		return -EFAULT;
	layout_get(k, t->wide, raw, host);
	return 0;
}

/* A field's number as a reader wants it: modes as ls has them, limits without a limit by name. */
static void show_number(const char *name, u64 v, Buf *out)
{
	static const char *const types[16] = {[1] = "S_IFIFO", [2] = "S_IFCHR", [4] = "S_IFDIR", [6] = "S_IFBLK", [8] = "S_IFREG", [10] = "S_IFLNK", [12] = "S_IFSOCK"};
	const char *type = types[v >> 12 & 15];

	if (strstr(name, "_mode") && type)
		buf_printf(out, "%s|0%llo", type, (unsigned long long)v & 07777);
	else if (strcmp(name, "st_rdev") == 0)
		buf_printf(out, "makedev(%#x, %#x)", (u32)(v >> 8 & 0xfff), (u32)((v & 0xff) | (v >> 12 & ~0xffull)));
	else if (strncmp(name, "rlim_", 5) == 0 && v == ~0ull)
		buf_printf(out, "RLIM64_INFINITY");
	else
		buf_printf(out, "%lld", (long long)v);
}

/* A set of signals: [INT CHLD]; one that lacks few as ~[...]. */
static void show_signals(u64 set, Buf *out)
{
	bool most = __builtin_popcountll(set) > 42;
	const char *space = "";

	buf_printf(out, most ? "~[" : "[");
	for (int sig = 1; sig <= 64; sig++) {
		if ((set >> (sig - 1) & 1) == most)
			continue;
		const char *name = sig < 32 ? sigabbrev_np(sig) : NULL;
		if (name)
			buf_printf(out, "%s%s", space, name);
		else
			buf_printf(out, "%sRT_%d", space, sig - 32);
		space = " ";
	}
	buf_u8(out, ']');
}

/* A signal's handler, as strace writes it. */
static void show_action(const u8 *raw, bool wide, Buf *out)
{
	static const char *const names[] = {"SIG_DFL", "SIG_IGN"};
	static const struct { u32 bit; const char *name; } flags[] = {
		{0x04000000, "SA_RESTORER"}, {0x08000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"}, {4, "SA_SIGINFO"}, {0x40000000, "SA_NODEFER"},
		{0x80000000, "SA_RESETHAND"}, {1, "SA_NOCLDSTOP"}, {2, "SA_NOCLDWAIT"}
	};
	LAction a;
	const char *bar = "";

	layout_get(LK_sigaction, wide, raw, &a);
	if (a.handler < COUNT(names))
		buf_printf(out, "{sa_handler=%s, sa_mask=", names[a.handler]);
	else
		buf_printf(out, "{sa_%s=%#llx, sa_mask=", a.flags & 4 ? "sigaction" : "handler", (unsigned long long)a.handler);
	show_signals(a.mask, out);
	buf_printf(out, ", sa_flags=");
	for (u32 i = 0; i < COUNT(flags); i++) {
		if (!(a.flags & flags[i].bit))
			continue;
		buf_printf(out, "%s%s", bar, flags[i].name);
		bar = "|";
	}
	if (!*bar)
		buf_printf(out, "0");
	if (a.flags & flags[0].bit)
		buf_printf(out, ", sa_restorer=%#llx", (unsigned long long)a.restorer);
	buf_u8(out, '}');
}

static bool is_device(u32 mode)
{
	return (mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK;
}

/* What stat gives is long: strace's two fields of it. */
static bool is_shown(LKind k, const char *name, bool device)
{
	if (k == LK_stat || k == LK_stat64)
		return strcmp(name, "st_mode") == 0 || strcmp(name, device ? "st_rdev" : "st_size") == 0;
	if (k == LK_statx)
		return strcmp(name, "stx_mask") == 0 || strcmp(name, "stx_mode") == 0 || strcmp(name, "stx_size") == 0;
	return true;
}

/* Writes it as {field=number, ...}; one number behind a pointer as [number]. */
void layout_show(LThread *t, LKind k, u64 at, Buf *out)
{
	u8 raw[LAYOUT_HOST_MAX];
	const Field *f = kind_row(k);
	bool one = k == LK_int || k == LK_long || k == LK_off64 || k == LK_pipe, rest = false;
	const char *comma = one ? "[" : "{";

	if (!k || !at || !xguest_read(t->x, at, raw, f->size[t->wide])) {
		buf_printf(out, at ? "%#llx" : "NULL", (unsigned long long)at);
		return;
	}
	if (k == LK_sigset) {
		show_signals(ld64(raw), out);
		return;
	}
	if (k == LK_sigaction) {
		show_action(raw, t->wide, out);
		return;
	}
	bool device = k == LK_stat ? is_device(ld32(raw + (t->wide ? 24 : 8))) : k == LK_stat64 && is_device(ld32(raw + 16));
	while ((++f)->name) {
		u32 size = f->size[t->wide];
		bool shown = is_shown(k, f->name, device);
		rest |= !shown;
		if (!size || !shown)
			continue;
		buf_printf(out, "%s", comma);
		if (!one)
			buf_printf(out, "%s=", f->name);
		if (is_number(size))
			show_number(f->name, guest_get(raw + f->off[t->wide], size, f->sgn), out);
		else
			buf_printf(out, "\"%.*s\"", (int)strnlen((char *)raw + f->off[t->wide], MIN(size, 32)), raw + f->off[t->wide]);
		comma = ", ";
	}
	buf_printf(out, one ? "]" : rest ? ", ...}" : "}");
}
