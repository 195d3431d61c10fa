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

/* Writes it as {field=number, ...}. */
void layout_show(LThread *t, LKind k, u64 at, Buf *out)
{
	u8 raw[LAYOUT_HOST_MAX];
	const Field *f = kind_row(k);
	const char *comma = "{";

	if (!k || !at || !xguest_read(t->x, at, raw, f->size[t->wide])) {
		buf_printf(out, at ? "%#llx" : "NULL", (unsigned long long)at);
		return;
	}
	while ((++f)->name) {
		u32 size = f->size[t->wide];
		if (!size)
			continue;
		buf_printf(out, "%s%s=", comma, f->name);
		if (is_number(size))
			buf_printf(out, "%lld", (long long)guest_get(raw + f->off[t->wide], size, f->sgn));
		else
			buf_printf(out, "\"%.*s\"", (int)strnlen((char *)raw + f->off[t->wide], MIN(size, 32)), raw + f->off[t->wide]);
		comma = ", ";
	}
	buf_printf(out, "}");
}
