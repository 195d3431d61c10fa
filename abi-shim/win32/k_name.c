/* kernel32: objects that have names.  They are this process's own. */
#include "handlers.h"

#include <stdlib.h>
#include <strings.h>

static VEC(WObj *) named; /* under the task's lock; without references: an object takes itself off when it ends */

/* Names may begin with the space of names that they are in. */
static const char *plain(const char *name)
{
	if (strncmp(name, "Local\\", 6) == 0)
		return name + 6;
	return strncmp(name, "Global\\", 7) == 0 ? name + 7 : name;
}

/* Keeps an object unless it is just ending. */
static bool keep_live(WObj *o)
{
	u32 n = __atomic_load_n(&o->refs, __ATOMIC_ACQUIRE);

	while (n && !__atomic_compare_exchange_n(&o->refs, &n, n + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	return n != 0;
}

static WObj *find(const char *name)
{
	for (u32 i = 0; i < named.n; i++)
		if (strcmp(named.p[i]->name, plain(name)) == 0 && named.p[i]->refs)
			return named.p[i];
	return NULL;
}

WObj *name_find(WTask *k, const char *name, WKind kind)
{
	pthread_mutex_lock(&k->lock);
	WObj *o = find(name);
	if (o && (o->kind != kind || !keep_live(o)))
		o = NULL;
	pthread_mutex_unlock(&k->lock);
	return o;
}

bool name_take(WTask *k, WObj *o, const char *name, WObj **old)
{
	pthread_mutex_lock(&k->lock);
	WObj *there = find(name);
	if (!there || !__atomic_load_n(&there->refs, __ATOMIC_ACQUIRE)) {
		there = NULL;
		o->name = strdup(plain(name));
		o->task = k;
		vec_push(&named, o);
	} else if (there->kind == o->kind && keep_live(there)) {
		*old = there;
	}
	pthread_mutex_unlock(&k->lock);
	return !there;
}

void name_forget(WObj *o)
{
	if (!o->name)
		return;
	pthread_mutex_lock(&o->task->lock);
	for (u32 i = 0; i < named.n; i++)
		if (named.p[i] == o) {
			named.p[i] = named.p[--named.n];
			break;
		}
	pthread_mutex_unlock(&o->task->lock);
	free(o->name);
}

/* ---- atoms: numbers for strings, of which equal ones have the same; case does not count -------------------- */

enum { FIRST = 0xc000, MOST = 0x4000 };

static struct { char *text; u32 uses; } atoms[MOST];
static u32 natoms;

/* Numbers below 0xc000 stand for themselves, also as "#123". */
static u32 number_of(WThread *t, const u64 *a, u32 i)
{
	u32 v = (u32)a[i];

	if (a[i] >> 16) {
		char *s = arg_string(t, a, i);
		v = s[0] == '#' ? (u32)strtoul(s + 1, NULL, 10) : 0;
		free(s);
	}
	return v < FIRST ? v : 0;
}

static u64 atom(WThread *t, const u64 *a, u32 which, bool add)
{
	u32 v = number_of(t, a, which), i = 0;

	if (v || !(a[which] >> 16))
		return v;
	char *s = arg_string(t, a, which);
	task_lock(t);
	while (i < natoms && !(atoms[i].uses && strcasecmp(atoms[i].text, s) == 0))
		i++;
	if (i == natoms && add && natoms < MOST) {
		atoms[natoms++].text = s;
		s = NULL;
	}
	bool there = i < natoms;
	atoms[i % MOST].uses += there && add;
	task_unlock(t);
	free(s);
	return there ? FIRST + i : fail(t, W_FILE_NOT_FOUND);
}

u64 w_AddAtom(WThread *t, const u64 *a) { return atom(t, a, 0, true); }
u64 w_FindAtom(WThread *t, const u64 *a) { return atom(t, a, 0, false); }

u64 w_DeleteAtom(WThread *t, const u64 *a)
{
	u32 i = (u32)a[0] - FIRST;

	task_lock(t);
	bool ok = a[0] < FIRST || (i < natoms && atoms[i].uses);
	if (a[0] >= FIRST && ok)
		atoms[i].uses--;
	task_unlock(t);
	if (ok)
		return 0;
	error_set(t, W_INVALID_HANDLE);
	return a[0];
}

u64 w_GetAtomName(WThread *t, const u64 *a)
{
	u32 i = (u32)a[0] - FIRST;
	char *s = NULL, number[12];

	snprintf(number, sizeof number, "#%u", (u32)a[0]);
	task_lock(t);
	if (a[0] < FIRST || (i < natoms && atoms[i].uses))
		s = strdup(a[0] < FIRST ? number : atoms[i].text);
	task_unlock(t);
	if (!s || !a[0]) {
		free(s);
		return fail(t, W_INVALID_HANDLE);
	}
	u64 n = out_string(t, a[1], a[2], s);
	free(s);
	return n < a[2] ? n : fail(t, W_INSUFFICIENT_BUFFER);
}
