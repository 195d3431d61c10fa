/* C++ as Visual C++ has compiled it: exceptions are thrown, std::exception's texts, the names of types. */
#include "crt.h"

#include <stdlib.h>

enum { CXX_EXCEPTION = (int)0xe06d7363, CXX_MAGIC = 0x19930520, NONCONTINUABLE = 1 };

/* The record's arguments: a magic number, the object, what is thrown; on x86-64 the image that the latter's places count
 * from.  Without an object the exception that is being handled is thrown again. */
u64 w_CxxThrowException(WThread *t, const u64 *a)
{
	const WModule *m = a[1] ? module_at(t->task, a[1]) : NULL;
	const u64 info[] = {CXX_MAGIC, a[0], a[1], m ? m->base : 0};
	u64 word = t->wide ? 8 : 4, at = (*xreg(t->x, 4) - 128) & ~(u64)15;

	for (u32 i = 0; i < COUNT(info); i++)
		mem_put_word(t, at + word * i, info[i]);
	return w_RaiseException(t, (u64[]){(u32)CXX_EXCEPTION, NONCONTINUABLE, t->wide ? 4 : 3, at});
}

/* ---- std::exception's text: a pointer, and whether it is the object's own -------------------------------------- */

u64 w_std_exception_copy(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4, text = mem_word(t, a[0]), copy = text;
	bool own = *(const u8 *)mem_in(t, a[0] + word, 1) && text;

	if (own) {
		u64 n = mem_strlen(t, text) + 1;
		copy = wheap_alloc(t, n);
		if (copy)
			memcpy(mem_out(t, copy, n), mem_in(t, text, n), n);
	}
	mem_put_word(t, a[1], copy);
	*(u8 *)mem_out(t, a[1] + word, 1) = own;
	return 0;
}

u64 w_std_exception_destroy(WThread *t, const u64 *a)
{
	u64 word = t->wide ? 8 : 4;

	if (*(const u8 *)mem_in(t, a[0] + word, 1))
		wheap_free(t, mem_word(t, a[0]));
	mem_put_word(t, a[0], 0);
	*(u8 *)mem_out(t, a[0] + word, 1) = 0;
	return 0;
}

/* ---- std::type_info's data: a name for humans, made when asked for, then the compiler's ------------------------------ */

static char *mangled(WThread *t, u64 data) { return mem_str(t, data + (t->wide ? 8 : 4)); }

u64 w_std_type_info_compare(WThread *t, const u64 *a)
{
	if (a[0] == a[1])
		return 0;
	char *x = mangled(t, a[0]), *y = mangled(t, a[1]);
	int c = strcmp(x + 1, y + 1);
	free(x);
	free(y);
	return (u64)(i64)(c < 0 ? -1 : c > 0);
}

/* FNV-1a of the compiler's name without its first character. */
u64 w_std_type_info_hash(WThread *t, const u64 *a)
{
	char *name = mangled(t, a[0]);
	u64 h = t->wide ? 14695981039346656037ull : 2166136261u;

	for (const char *s = name + 1; *s; s++)
		h = (h ^ (u8)*s) * (t->wide ? 1099511628211ull : 16777619u);
	free(name);
	return t->wide ? h ^ h >> 32 : (u32)h;
}

/* ".?AVname@space@@" is "class space::name"; U is a struct, T a union, W4 an enum.  Other types keep their mangled name. */
static void plain_name(const char *s, Buf *out)
{
	static const struct { const char *prefix, *word; } kind[] = {{".?AV", "class "}, {".?AU", "struct "}, {".?AT", "union "}, {".?AW4", "enum "}};
	const char *part[16];
	u32 n = 0, i = 0;

	while (i < COUNT(kind) && strncmp(s, kind[i].prefix, strlen(kind[i].prefix)) != 0)
		i++;
	if (i == COUNT(kind) || strchr(s, '$')) {
		buf_bytes(out, s, strlen(s) + 1);
		return;
	}
	buf_printf(out, "%s", kind[i].word);
	for (s += strlen(kind[i].prefix); *s && *s != '@' && n < COUNT(part); s += strcspn(s, "@") + 1)
		part[n++] = s;
	while (n) {
		const char *p = part[--n];
		buf_printf(out, "%.*s%s", (int)strcspn(p, "@"), p, n ? "::" : "");
	}
	buf_u8(out, 0);
}

/* The second argument is the list that remembers what was made for the end of the process; nothing is given back here. */
u64 w_std_type_info_name(WThread *t, const u64 *a)
{
	u64 have = mem_word(t, a[0]);

	if (have)
		return have;
	char *name = mangled(t, a[0]);
	Buf out = {0};
	plain_name(name, &out);
	u64 at = wheap_string(t, (char *)out.p);
	mem_put_word(t, a[0], at);
	buf_free(&out);
	free(name);
	return at;
}
