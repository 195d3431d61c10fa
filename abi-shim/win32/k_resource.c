/* kernel32 and user32: resources of modules, and of files that are opened for them alone. */
#include "resource.h"

#include <stdlib.h>

enum { ANY_LANGUAGE = 0xffff };

/* ---- files that are mapped for their resources ---------------------------------------------------------------- */

typedef struct DataModule {
	u64 base;
	PeImage image;
} DataModule;

static VEC(DataModule *) data_modules;

static u64 map_data(WThread *t, const Buf *file, DataModule *d)
{
	XMapReq r = {.size = d->image.size, .prot = GP_READ | GP_WRITE, .fd = -1, .low32 = task_low(t->task)};
	i64 at = guest_map(t->task->x, &r);
	u8 *p = at < 0 ? NULL : xguest_pin(t->x, (u64)at, d->image.size, GP_WRITE);

	if (!p)
		return 0;
	memcpy(p, file->p, d->image.header);
	for (u32 k = 0; k < d->image.nsec; k++) {
		const PeSection *s = &d->image.sec[k];
		memcpy(p + s->at, file->p + s->offset, MIN(s->filled, d->image.size - s->at));
	}
	return (u64)at;
}

/* The low bits of such a handle say that it is none of a module that runs. */
u64 res_open(WThread *t, const char *guest)
{
	char host[WIN_PATH];
	Buf file = {0};
	Err e = {0};
	DataModule *d = xcalloc(1, sizeof *d);
	bool ok = path_to_host(t->task, guest, host, sizeof host) && file_read(host, &file, &e);

	if (!ok)
		error_set(t, W_FILE_NOT_FOUND);
	else if (!pe_read(file.p, file.n, host, &d->image, &e))
		ok = fail(t, W_BAD_FORMAT);
	else if (!(d->base = map_data(t, &file, d)))
		ok = fail(t, W_NOT_ENOUGH_MEMORY);
	buf_free(&file);
	if (!ok) {
		free(d);
		return 0;
	}
	task_lock(t);
	vec_push(&data_modules, d);
	task_unlock(t);
	return d->base | 2;
}

bool res_image(WThread *t, u64 handle, u64 *base, PeMap *map)
{
	const WModule *m = module_by_base(t->task, handle & ~(u64)3);

	for (u32 i = 0; handle & 3 && i < data_modules.n; i++)
		if (data_modules.p[i]->base == (handle & ~(u64)3)) {
			*base = data_modules.p[i]->base;
			*map = (PeMap){xguest_pin(t->x, *base, data_modules.p[i]->image.size, GP_READ), &data_modules.p[i]->image};
			return map->p != NULL;
		}
	if (!m)
		return fail(t, W_RESOURCE_DATA);
	*base = m->base;
	*map = module_map(t, m);
	return map->p || fail(t, W_RESOURCE_DATA);
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

ResName res_name(WThread *t, u64 v, bool wide)
{
	ResName r = {0};

	if (v < 0x10000) {
		r.n.id = (u16)v;
		return r;
	}
	char *s = wide ? mem_wstr(t, v) : mem_str(t, v);
	if (s[0] == '#') {
		r.n.id = (u16)strtoul(s + 1, NULL, 10);
	} else {
		size_t units = text_to_wide(s, strlen(s), NULL, 0);
		r.own = xcalloc(units + 1, sizeof *r.own);
		text_to_wide(s, strlen(s), (u8 *)r.own, units);
		r.n.text = r.own;
		r.n.len = (u32)units;
	}
	free(s);
	return r;
}

void res_name_free(ResName *n) { free(n->own); }

/* ---- finding ----------------------------------------------------------------------------------------------------- */

static u64 find(WThread *t, u64 module, u64 type, u64 name, u16 lang, bool wide)
{
	ResName x = res_name(t, type, wide), y = res_name(t, name, wide);
	PeMap map;
	u64 base;
	u32 at = 0;

	if (res_image(t, module, &base, &map)) {
		at = pe_resource(&map, &x.n, &y.n, lang ? lang : ANY_LANGUAGE);
		if (!at)
			error_set(t, map.image->dir[PE_DIR_RESOURCE].at ? pe_resource_entry(&map, &x.n, NULL, 0, &(PeResName){0}) ? W_RESOURCE_NAME : W_RESOURCE_TYPE : W_RESOURCE_DATA);
	}
	res_name_free(&x);
	res_name_free(&y);
	return at ? base + at : 0;
}

static bool is_wide(const WThread *t) { return t->row->name[strlen(t->row->name) - 1] == 'W'; }

u64 w_FindResource(WThread *t, const u64 *a) { return find(t, a[0], a[2], a[1], 0, is_wide(t)); }
u64 w_FindResourceEx(WThread *t, const u64 *a) { return find(t, a[0], a[1], a[2], (u16)a[3], is_wide(t)); }

/* What is found is the address of the data's entry: place, size. */
u64 w_LoadResource(WThread *t, const u64 *a)
{
	PeMap map;
	u64 base;

	return a[1] && res_image(t, a[0], &base, &map) ? base + mem_u32(t, a[1]) : 0;
}

u64 w_SizeofResource(WThread *t, const u64 *a) { return a[1] ? mem_u32(t, a[1] + 4) : 0; }

/* ---- listing ------------------------------------------------------------------------------------------------------ */

/* A name as callbacks get it: its number, or a string that is freed behind the call. */
static u64 give_name(WThread *t, const PeResName *n, bool wide)
{
	if (!n->text)
		return n->id;
	char *s = xmalloc(4 * (size_t)n->len + 1);
	s[text_from_wide((const u8 *)n->text, n->len, s, 4 * (size_t)n->len)] = 0;
	u64 at = wide ? wheap_wstring(t, s) : wheap_string(t, s);
	free(s);
	return at;
}

/* Names of one directory, told one after the other until the program has enough. */
static u64 list(WThread *t, u64 module, const u64 *type, const u64 *name, u64 fn, u64 param)
{
	bool wide = is_wide(t), go = true, any = false;
	ResName x = type ? res_name(t, *type, wide) : (ResName){0}, y = name ? res_name(t, *name, wide) : (ResName){0};
	PeResName n;
	PeMap map;
	u64 base;

	for (u32 i = 0; go && res_image(t, module, &base, &map) && pe_resource_entry(&map, type ? &x.n : NULL, name ? &y.n : NULL, i, &n); i++) {
		u64 s = name ? n.id : give_name(t, &n, wide);
		u64 args[5], k = 0;
		args[k++] = module;
		if (type)
			args[k++] = *type;
		if (name)
			args[k++] = *name;
		args[k++] = s;
		args[k++] = param;
		any = true;
		go = call_guest(t, fn, (u32)k, args) & 0xffffffff;
		if (!name && n.text)
			wheap_free(t, s);
	}
	res_name_free(&x);
	res_name_free(&y);
	if (!any)
		error_set(t, type ? W_RESOURCE_TYPE : W_RESOURCE_DATA);
	return any && go;
}

u64 w_EnumResourceTypes(WThread *t, const u64 *a) { return list(t, a[0], NULL, NULL, a[1], a[2]); }
u64 w_EnumResourceNames(WThread *t, const u64 *a) { return list(t, a[0], &a[1], NULL, a[2], a[3]); }
u64 w_EnumResourceLanguages(WThread *t, const u64 *a) { return list(t, a[0], &a[1], &a[2], a[3], a[4]); }

/* ---- strings --------------------------------------------------------------------------------------------------------- */

/* Sixteen counted strings make a resource. */
u64 w_LoadString(WThread *t, const u64 *a)
{
	enum { RT_STRING = 6 };
	bool wide = is_wide(t);
	u64 entry = find(t, a[0], RT_STRING, (a[1] >> 4) + 1, 0, true);

	if (!entry)
		return 0;
	u64 at = w_LoadResource(t, (u64[]){a[0], entry}), end = at + mem_u32(t, entry + 4);
	u32 n = 0;
	for (u32 i = 0; i <= (a[1] & 15) && at + 2 <= end; i++) {
		n = ld16(mem_in(t, at, 2));
		at += 2;
		if (i < (a[1] & 15))
			at += 2 * (u64)n;
	}
	if (at + 2 * (u64)n > end)
		return 0;
	if (wide && !a[3]) { /* a pointer to the text itself is wanted */
		mem_put_word(t, a[2], at);
		return n;
	}
	char *s = mem_wstrn(t, at, n);
	u64 room = (i32)a[3] > 0 ? a[3] : 0, units = wide ? n : strlen(s), fit = MIN(units, room ? room - 1 : 0);
	if (room && wide) {
		memcpy(mem_out(t, a[2], 2 * fit + 2), mem_in(t, at, 2 * fit), 2 * fit);
		st16(mem_out(t, a[2] + 2 * fit, 2), 0);
	} else if (room) {
		memcpy(mem_out(t, a[2], fit + 1), s, fit);
		*(u8 *)mem_out(t, a[2] + fit, 1) = 0;
	}
	free(s);
	return fit;
}
