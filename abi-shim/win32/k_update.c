/* kernel32: changing a file's resources.  All that are there are read at the beginning; at the end the section is made anew,
 * and the sections and data behind it move. */
#include "resource.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Key {
	u16 id;
	u16 *text;            /* NULL: id counts; owned */
	u32 len;
} Key;

typedef struct Res {
	Key type, name;
	u16 lang;
	u32 page;
	u8 *data;
	u32 n;
} Res;

typedef struct Update {
	char *host;
	Buf file;
	PeImage image;
	VEC(Res) res;
} Update;

/* ---- the list ---------------------------------------------------------------------------------------------- */

static u16 upper(u16 c) { return c >= 'a' && c <= 'z' ? (u16)(c - 32) : c; }

/* Named ones come first, by their letters; then numbers. */
static int order(const Key *x, const Key *y)
{
	if (!x->text != !y->text)
		return x->text ? -1 : 1;
	if (!x->text)
		return (int)x->id - y->id;
	for (u32 i = 0; i < x->len && i < y->len; i++)
		if (upper(x->text[i]) != upper(y->text[i]))
			return (int)upper(x->text[i]) - upper(y->text[i]);
	return (int)x->len - (int)y->len;
}

static int by_place(const void *a, const void *b)
{
	const Res *x = a, *y = b;
	int c = order(&x->type, &y->type);

	c = c ? c : order(&x->name, &y->name);
	return c ? c : (int)x->lang - y->lang;
}

static Key key_copy(const PeResName *n)
{
	Key k = {.id = n->id, .len = n->len};

	if (n->text) {
		k.text = xcalloc(n->len + 1, sizeof *k.text);
		for (u32 i = 0; i < n->len; i++)
			k.text[i] = upper(ld16((const u8 *)n->text + 2 * i));
	}
	return k;
}

static void res_free(Res *r)
{
	free(r->type.text);
	free(r->name.text);
	free(r->data);
}

/* Puts a resource in the list in place of the one of the same names; data NULL takes that away.  False: it was not there. */
static bool put(Update *u, const PeResName *type, const PeResName *name, u16 lang, u32 page, const u8 *data, u32 n)
{
	Res r = {key_copy(type), key_copy(name), lang, page, NULL, n};
	bool found = false;

	for (u32 i = 0; i < u->res.n && !found; i++)
		if (by_place(&u->res.p[i], &r) == 0) {
			res_free(&u->res.p[i]);
			u->res.p[i] = u->res.p[--u->res.n];
			found = true;
		}
	if (!data) {
		res_free(&r);
		return found;
	}
	r.data = xmalloc(n + 1u);
	memcpy(r.data, data, n);
	vec_push(&u->res, r);
	return true;
}

static void read_all(Update *u)
{
	PeMap m = {xcalloc(1, u->image.size), &u->image};
	PeResName type, name, lang;

	for (u32 k = 0; k < u->image.nsec; k++) {
		const PeSection *s = &u->image.sec[k];
		memcpy(m.p + s->at, u->file.p + s->offset, MIN(s->filled, u->image.size - s->at));
	}
	for (u32 i = 0; pe_resource_entry(&m, NULL, NULL, i, &type); i++)
		for (u32 k = 0; pe_resource_entry(&m, &type, NULL, k, &name); k++)
			for (u32 l = 0; pe_resource_entry(&m, &type, &name, l, &lang); l++) {
				const u8 *e = pe_at(&m, pe_resource(&m, &type, &name, lang.id), 16);
				const u8 *data = e ? pe_at(&m, ld32(e), ld32(e + 4)) : NULL;
				if (data)
					put(u, &type, &name, lang.id, ld32(e + 8), data, ld32(e + 4));
			}
	free(m.p);
}

/* ---- the section --------------------------------------------------------------------------------------------- */

static void pad(Buf *b, u32 to)
{
	while (b->n % to)
		buf_u8(b, 0);
}

/* How many resources from i on share the type (level 0), the type and the name (1), all (2). */
static u32 run(const Update *u, u32 i, u32 level)
{
	u32 n = 1;

	for (; i + n < u->res.n; n++) {
		const Res *x = &u->res.p[i], *y = &u->res.p[i + n];
		if (order(&x->type, &y->type) || (level && order(&x->name, &y->name)) || level == 2)
			break;
	}
	return n;
}

static const Key *key_at(const Update *u, u32 i, u32 level, Key *lang)
{
	*lang = (Key){.id = u->res.p[i].lang};
	return level == 0 ? &u->res.p[i].type : level == 1 ? &u->res.p[i].name : lang;
}

/* The directory of resources [from, to) at one level; strings and data follow in a second pass, whose places are noted. */
typedef struct Fix {
	u32 at, res;         /* where an entry's pointer is; which resource's data */
	const Key *key;      /* or a name's */
} Fix;

typedef struct Build {
	Update *u;
	Buf out;
	VEC(Fix) fix;
} Build;

static u32 put_dir(Build *b, u32 from, u32 to, u32 level)
{
	u32 at = b->out.n, named = 0, ids = 0;
	Key lang;

	for (u32 i = from; i < to; i += run(b->u, i, level))
		*(key_at(b->u, i, level, &lang)->text ? &named : &ids) += 1;
	for (u32 i = 0; i < 12; i++)
		buf_u8(&b->out, 0);
	buf_u16(&b->out, (u16)named);
	buf_u16(&b->out, (u16)ids);
	u32 entry = b->out.n;
	for (u32 i = 0; i < 8 * (named + ids); i++)
		buf_u8(&b->out, 0);
	for (u32 i = from, n; i < to; i += n, entry += 8) {
		const Key *k = key_at(b->u, i, level, &lang);
		n = run(b->u, i, level);
		if (k->text)
			vec_push(&b->fix, ((Fix){entry, 0, k}));
		else
			st32(b->out.p + entry, k->id);
		if (level == 2) {
			vec_push(&b->fix, ((Fix){entry + 4, i, NULL}));
			continue;
		}
		u32 sub = put_dir(b, i, i + n, level + 1);
		st32(b->out.p + entry + 4, sub | 0x80000000);
	}
	return at;
}

/* The section's bytes, for its place in memory. */
static void build(Update *u, u32 rva, Buf *out)
{
	Build b = {.u = u};

	qsort(u->res.p, u->res.n, sizeof *u->res.p, by_place);
	put_dir(&b, 0, u->res.n, 0);
	for (u32 i = 0; i < b.fix.n; i++) {
		const Fix *f = &b.fix.p[i];
		if (!f->key)
			continue;
		st32(b.out.p + f->at, b.out.n | 0x80000000);
		buf_u16(&b.out, (u16)f->key->len);
		for (u32 k = 0; k < f->key->len; k++)
			buf_u16(&b.out, f->key->text[k]);
	}
	pad(&b.out, 4);
	u32 entries = b.out.n;
	for (u32 i = 0; i < 16 * u->res.n; i++)
		buf_u8(&b.out, 0);
	for (u32 i = 0; i < u->res.n; i++) {
		pad(&b.out, 8);
		st32(b.out.p + entries + 16 * i, rva + b.out.n);
		st32(b.out.p + entries + 16 * i + 4, u->res.p[i].n);
		st32(b.out.p + entries + 16 * i + 8, u->res.p[i].page);
		buf_bytes(&b.out, u->res.p[i].data, u->res.p[i].n);
	}
	for (u32 i = 0; i < b.fix.n; i++)
		if (!b.fix.p[i].key)
			st32(b.out.p + b.fix.p[i].at, entries + 16 * b.fix.p[i].res);
	vec_free(&b.fix);
	*out = b.out;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static u32 up(u32 v, u32 to) { return to ? (v + to - 1) / to * to : v; }

/* Places in the headers. */
typedef struct Head {
	u8 *coff, *opt, *sec, *dir;
	u32 nsec, section_align, file_align;
} Head;

static Head head_of(u8 *p)
{
	Head h = {.coff = p + ld32(p + 0x3c) + 4};

	h.opt = h.coff + 20;
	h.sec = h.opt + ld16(h.coff + 16);
	h.dir = h.opt + (ld16(h.opt) == 0x20b ? 112 : 96);
	h.nsec = ld16(h.coff + 2);
	h.section_align = ld32(h.opt + 32);
	h.file_align = ld32(h.opt + 36);
	return h;
}

/* The section that holds nothing but resources, and behind which there is at most the one of relocations: its number, or nsec. */
static u32 own_section(const Head *h)
{
	u32 rva = ld32(h->dir + 8 * PE_DIR_RESOURCE), reloc = ld32(h->dir + 8 * PE_DIR_RELOC);

	for (u32 i = 0; rva && i < h->nsec; i++) {
		if (ld32(h->sec + 40 * i + 12) != rva)
			continue;
		if (i + 1 == h->nsec || (i + 2 == h->nsec && ld32(h->sec + 40 * (i + 1) + 12) == reloc))
			return i;
	}
	return h->nsec;
}

/* Makes room for a header of a new section at the end; false: there is none. */
static bool new_section(Update *u, Head *h)
{
	u8 *at = h->sec + 40 * h->nsec;
	u32 last = h->nsec ? ld32(at - 40 + 12) + ld32(at - 40 + 8) : 0, least = u->file.n;

	for (u32 i = 0; i < h->nsec; i++)
		if (ld32(h->sec + 40 * i + 16))
			least = MIN(least, ld32(h->sec + 40 * i + 20));
	if ((u32)(at + 40 - u->file.p) > least || h->nsec == PE_SECTIONS)
		return false;
	memset(at, 0, 40);
	memcpy(at, ".rsrc", 5);
	st32(at + 12, up(last, h->section_align));
	st32(at + 36, 0x40000040);
	st16(h->coff + 2, (u16)(h->nsec + 1));
	h->nsec++;
	return true;
}

/* The end of what sections have in the file: what follows is the program's own data. */
static u32 raw_end(const Head *h)
{
	u32 end = 0;

	for (u32 i = 0; i < h->nsec; i++)
		if (ld32(h->sec + 40 * i + 16))
			end = MAX(end, ld32(h->sec + 40 * i + 20) + ld32(h->sec + 40 * i + 16));
	return end;
}

static void put_checksum(Buf *out, u8 *field)
{
	u64 sum = 0;

	st32(field, 0);
	for (u32 i = 0; i + 1 < out->n; i += 2)
		sum += ld16(out->p + i);
	if (out->n & 1)
		sum += out->p[out->n - 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	st32(field, (u32)sum + out->n);
}

/* A place in the file that lies behind the sections moves with the data there. */
static void move_field(u8 *field, u32 old_end, u32 new_end)
{
	u32 v = ld32(field);

	if (v && v >= old_end)
		st32(field, v - old_end + new_end);
}

/* Writes the sections from `first` on behind each other; the first one has the new bytes. */
static bool rebuild(Update *u, Buf *out)
{
	Head h = head_of(u->file.p);
	u32 first = own_section(&h), old_end = MIN(raw_end(&h), (u32)u->file.n);
	bool moved = first < h.nsec;
	Buf rsrc;

	if (!moved && !new_section(u, &h))
		return false;
	u8 *s = h.sec + 40 * first;
	u32 rva = ld32(s + 12), at = moved && ld32(s + 16) ? ld32(s + 20) : up(old_end, h.file_align);
	build(u, rva, &rsrc);
	buf_bytes(out, u->file.p, MIN(at, (u32)u->file.n));
	pad(out, h.file_align);
	at = out->n;
	u32 next = rva;
	for (u32 i = first; i < h.nsec; i++) {
		u8 *c = h.sec + 40 * i;
		u32 n = i == first ? rsrc.n : ld32(c + 16), from = ld32(c + 20);
		if (i > first && from + (u64)n > u->file.n)
			n = 0;
		if (i > first) { /* the relocations */
			st32(h.dir + 8 * PE_DIR_RELOC, next);
			st32(c + 12, next);
		}
		buf_bytes(out, i == first ? rsrc.p : u->file.p + from, n);
		pad(out, h.file_align);
		if (i == first)
			st32(c + 8, rsrc.n);
		st32(c + 16, out->n - at);
		st32(c + 20, at);
		at = out->n;
		next = up(next + ld32(c + 8), h.section_align);
	}
	st32(h.dir + 8 * PE_DIR_RESOURCE, rva);
	st32(h.dir + 8 * PE_DIR_RESOURCE + 4, rsrc.n);
	st32(h.opt + 56, next);
	move_field(h.coff + 8, old_end, at);
	move_field(h.dir + 8 * PE_DIR_SECURITY, old_end, at);
	if (u->file.n > old_end)
		buf_bytes(out, u->file.p + old_end, u->file.n - old_end);
	u32 headers = (u32)(h.sec + 40 * h.nsec - u->file.p);
	memcpy(out->p, u->file.p, headers);
	if (ld32(h.opt + 64))
		put_checksum(out, out->p + (h.opt - u->file.p) + 64);
	buf_free(&rsrc);
	return true;
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

static void update_free(WObj *o)
{
	Update *u = o->data;

	for (u32 i = 0; i < u->res.n; i++)
		res_free(&u->res.p[i]);
	vec_free(&u->res);
	buf_free(&u->file);
	free(u->host);
	free(u);
}

u64 w_BeginUpdateResource(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), host[WIN_PATH];
	Update *u = xcalloc(1, sizeof *u);
	Err e = {0};
	WObj *o = obj_new(WK_UPDATE);

	o->data = u;
	o->destroy = update_free;
	bool ok = name && path_to_host(t->task, name, host, sizeof host) && file_read(host, &u->file, &e);
	free(name);
	if (!ok || !pe_read(u->file.p, u->file.n, host, &u->image, &e)) {
		obj_drop(o);
		return fail(t, ok ? W_BAD_FORMAT : W_FILE_NOT_FOUND);
	}
	u->host = strdup(host);
	if (!a[1])
		read_all(u);
	return handle_new(t->task, o);
}

u64 w_UpdateResource(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_UPDATE);
	bool wide = t->row->name[strlen(t->row->name) - 1] == 'W';

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	ResName type = res_name(t, a[1], wide), name = res_name(t, a[2], wide);
	bool ok = put(o->data, &type.n, &name.n, (u16)a[3], 0, a[4] ? mem_in(t, a[4], a[5]) : NULL, (u32)a[5]);
	res_name_free(&type);
	res_name_free(&name);
	obj_drop(o);
	return ok ? 1 : fail(t, W_INVALID_PARAMETER);
}

/* A new file takes the old one's place, so that a failure leaves that whole. */
static bool write_file(const char *host, const Buf *b)
{
	char temp[WIN_PATH + 8];
	struct stat st;
	bool ok = stat(host, &st) == 0;

	snprintf(temp, sizeof temp, "%s.XXXXXX", host);
	int fd = ok ? mkstemp(temp) : -1;
	if (fd < 0)
		return false;
	ok = write(fd, b->p, b->n) == (ssize_t)b->n && fchmod(fd, st.st_mode & 07777) == 0;
	ok = close(fd) == 0 && ok && rename(temp, host) == 0;
	if (!ok)
		unlink(temp);
	return ok;
}

u64 w_EndUpdateResource(WThread *t, const u64 *a)
{
	WObj *o = handle_get(t->task, a[0], WK_UPDATE);
	Buf out = {0};
	bool ok = true;

	if (!o)
		return fail(t, W_INVALID_HANDLE);
	Update *u = o->data;
	if (!(u32)a[1]) {
		ok = rebuild(u, &out);
		if (!ok)
			error_set(t, W_BAD_FORMAT);
		else if (!write_file(u->host, &out))
			ok = fail_errno(t);
	}
	buf_free(&out);
	obj_drop(o);
	handle_close(t->task, a[0]);
	return ok;
}
