/* types: making, comparing and naming types. */
#include "sema.h"

Type *type_new(Sema *s, TypeKind k, u32 size, u32 align)
{
	Type *t = arena_alloc(s->a, sizeof *t);
	t->kind = (u8)k;
	t->size = size;
	t->align = (u8)align;
	return t;
}

/* The smallest storage for a range: 1, 2, 4 or 8 bytes. */
static u32 range_size(i64 lo, i64 hi)
{
	if ((lo >= 0 && hi <= 255) || (lo >= -128 && hi <= 127))
		return 1;
	if ((lo >= 0 && hi <= 65535) || (lo >= -32768 && hi <= 32767))
		return 2;
	if ((lo >= 0 && hi <= UINT32_MAX) || (lo >= INT32_MIN && hi <= INT32_MAX))
		return 4;
	return 8;
}

static Type *ordinal(Sema *s, TypeKind k, i64 lo, i64 hi)
{
	u32 size = range_size(lo, hi);
	Type *t = type_new(s, k, size, size);
	t->lo = lo;
	t->hi = hi;
	return t;
}

Type *type_range(Sema *s, Type *host, i64 lo, i64 hi)
{
	Type *t = ordinal(s, host->kind, lo, hi);
	t->base = host;
	return t;
}

static void predefine(Sema *s, const char *name, Type *t)
{
	Name *n = ast_name(s->c, name, (u32)strlen(name));
	if (!t->name)
		t->name = n;
	sema_declare(s, S_TYPE, n, (Span){ 0, 0 }, t);
}

void type_init(Sema *s)
{
	static const struct { const char *name; i64 lo, hi; } ints[] = {
		{ "byte", 0, 255 }, { "shortint", -128, 127 }, { "word", 0, 65535 }, { "smallint", -32768, 32767 },
		{ "cardinal", 0, UINT32_MAX }, { "longword", 0, UINT32_MAX }, { "dword", 0, UINT32_MAX }, { "uint32", 0, UINT32_MAX },
		{ "ptruint", 0, UINT32_MAX }, { "sizeuint", 0, UINT32_MAX }, { "nativeuint", 0, UINT32_MAX }, { "uint16", 0, 65535 },
		{ "uint8", 0, 255 }, { "int8", -128, 127 }, { "int16", -32768, 32767 },
	};
	static const char *const like_int[] = { "longint", "int32", "ptrint", "sizeint", "nativeint" };
	static const struct { const char *name, *to; } pointers[] = {
		{ "pchar", "char" }, { "pansichar", "char" }, { "pbyte", "byte" }, { "pinteger", "integer" }, { "plongint", "longint" }, { "pword", "word" },
		{ "pint64", "int64" }, { "psmallint", "smallint" }, { "pcardinal", "cardinal" }, { "pdouble", "double" }, { "pextended", "extended" },
		{ "psingle", "single" }, { "pboolean", "boolean" }, { "pshortstring", "shortstring" }, { "pansistring", "ansistring" }, { "ppointer", "pointer" },
		{ "pqword", "qword" }, { "plongword", "longword" }, { "pshortint", "shortint" },
	};
	s->t_poison = type_new(s, T_POISON, 4, 4);
	s->t_void = type_new(s, T_VOID, 0, 1);
	s->t_untyped = type_new(s, T_VOID, 1, 1);
	predefine(s, "integer", s->t_int = ordinal(s, T_INT, INT32_MIN, INT32_MAX));
	for (u32 i = 0; i < COUNT(like_int); i++)
		predefine(s, like_int[i], s->t_int);
	predefine(s, "int64", s->t_int64 = ordinal(s, T_INT, INT64_MIN, INT64_MAX));
	predefine(s, "boolean", s->t_bool = ordinal(s, T_BOOL, 0, 1));
	predefine(s, "longbool", s->t_bool);
	predefine(s, "bytebool", s->t_bool);
	predefine(s, "wordbool", s->t_bool);
	predefine(s, "char", s->t_char = ordinal(s, T_CHAR, 0, 255));
	predefine(s, "ansichar", s->t_char);
	Type *q = ordinal(s, T_INT, INT64_MIN, INT64_MAX);
	q->u64 = true;
	s->t_qword = q;
	predefine(s, "qword", q);
	predefine(s, "uint64", q);
	predefine(s, "real", s->t_real = type_new(s, T_REAL, 8, 8));
	predefine(s, "double", s->t_real);
	predefine(s, "extended", s->t_real);
	predefine(s, "single", s->t_single = type_new(s, T_REAL, 4, 4));
	predefine(s, "text", s->t_text = type_new(s, T_TEXT, 8, 4));
	predefine(s, "textfile", s->t_text);
	s->t_text->has_file = true;
	predefine(s, "string", s->t_string = type_string(s, 255));
	predefine(s, "shortstring", s->t_string);
	s->t_ansi = type_new(s, T_ANSI, 4, 4);
	s->t_ansi->base = s->t_char;
	s->t_ansi->managed = true;
	predefine(s, "ansistring", s->t_ansi);
	predefine(s, "rawbytestring", s->t_ansi);
	predefine(s, "utf8string", s->t_ansi);
	for (u32 i = 0; i < COUNT(ints); i++)
		predefine(s, ints[i].name, type_range(s, s->t_int, ints[i].lo, ints[i].hi));
	s->t_nil = type_new(s, T_PTR, 4, 4);
	predefine(s, "pointer", s->t_nil);
	predefine(s, "codepointer", s->t_nil);
	s->t_nil->name = NULL;
	for (u32 i = 0; i < COUNT(pointers); i++)
		predefine(s, pointers[i].name, type_pointer(s, ast_name(s->c, pointers[i].to, (u32)strlen(pointers[i].to))->sym->type));
	s->t_emptyset = type_new(s, T_SET, 4, 4);
	s->t_emptyset->hi = -1;
}

Type *type_string(Sema *s, u32 cap)
{
	Type *t = type_new(s, T_STRING, cap + 1, 1);
	t->hi = cap;
	t->base = s->t_char;
	return t;
}

Type *type_array(Sema *s, Type *index, Type *elem, bool packed, Span at)
{
	u64 n = (u64)(index->hi - index->lo) + 1, size = n * elem->size;
	Type *t = type_new(s, T_ARRAY, 0, elem->align);
	if (n > 1u << 30 || size > 1u << 30) {
		diag_error(s->c, at, "this array is too large (the limit is 1 GiB)");
		size = elem->size;
	}
	t->size = (u32)size;
	t->index = index;
	t->base = elem;
	t->packed = packed;
	t->has_file = elem->has_file;
	t->managed = elem->managed;
	return t;
}

/* Its bounds are parameters, which the caller of this sets. */
Type *type_conformant(Sema *s, Type *index, Type *elem, bool packed)
{
	Type *t = type_new(s, T_ARRAY, 0, elem->align);
	t->index = index;
	t->base = elem;
	t->packed = packed;
	t->has_file = elem->has_file;
	t->managed = elem->managed;
	t->conf = true;
	return t;
}

Type *type_chars(Sema *s, u32 n)
{
	Type *t = type_new(s, T_ARRAY, n, 1);
	t->index = type_range(s, s->t_int, 1, n);
	t->base = s->t_char;
	t->packed = true;
	return t;
}

/* Bit k of a set stands for the element with number k, whatever the base type begins with; so sets over
 * different subranges of one type agree.  Sizes: 4, 8 or 32 bytes. */
Type *type_set(Sema *s, Type *elem, i64 lo, i64 hi)
{
	u32 size = hi < 32 ? 4 : hi < 64 ? 8 : 32;
	Type *t = type_new(s, T_SET, size, MIN(size, 8u));
	t->base = elem;
	t->lo = lo;
	t->hi = hi;
	return t;
}

Type *type_dyn(Sema *s, Type *elem)
{
	Type *t = type_new(s, T_DYN, 4, 4);
	t->base = elem;
	t->index = s->t_int;
	t->managed = true;
	return t;
}

bool type_counted(const Type *t)
{
	return t->kind == T_ANSI || t->kind == T_DYN;
}

Type *type_pointer(Sema *s, Type *target)
{
	Type *t = type_new(s, T_PTR, 4, 4);
	t->base = target;
	return t;
}

Type *type_host(Sema *s, Type *t)
{
	if (t->kind == T_INT)
		return t->u64 ? s->t_qword : type_wide(t) ? s->t_int64 : s->t_int;
	return type_ordinal(t) && t->base ? t->base : t;
}

/* The variable: the file's number, 4 bytes not used, the buffer variable. */
Type *type_file(Sema *s, Type *component)
{
	Type *t = type_new(s, T_FILE, 8, 8);
	if (component)
		t->size += (component->size + 7) & ~7u;
	t->base = component;
	t->has_file = true;
	return t;
}

bool type_ordinal(const Type *t)
{
	return t->kind == T_INT || t->kind == T_BOOL || t->kind == T_CHAR || t->kind == T_ENUM;
}

bool type_scalar(const Type *t)
{
	return type_ordinal(t) || t->kind == T_REAL || t->kind == T_PTR || t->kind == T_POISON || t->kind >= T_ANSI || (t->kind == T_SET && t->size <= 8);
}

bool type_is_chars(const Type *t)
{
	return t->kind == T_ARRAY && t->packed && t->base->kind == T_CHAR && t->index->kind == T_INT && t->index->lo == 1;
}

bool type_stringy(const Type *t)
{
	return t->kind == T_STRING || t->kind == T_ANSI || t->kind == T_CHAR || type_is_chars(t);
}

bool type_single(const Type *t)
{
	return t->kind == T_REAL && t->size == 4;
}

bool type_wide(const Type *t)
{
	return t->kind == T_INT && (t->lo < INT32_MIN || t->hi > INT32_MAX);
}

char type_letter(const Type *t)
{
	if (t->kind == T_REAL)
		return 'd';
	return type_wide(t) || (t->kind == T_SET && t->size == 8) ? 'l' : 'i';
}

/* Conformant arrays of one shape. */
static bool same_schema(const Type *a, const Type *b)
{
	while (a->conf && b->conf && a->index == b->index && a->packed == b->packed && !a->lo_sym == !b->lo_sym) {
		a = a->base;
		b = b->base;
		if (a == b)
			return true;
	}
	return false;
}

bool type_same_params(Sema *s, const Type *a, const Type *b)
{
	if (a->nparam != b->nparam || !a->base != !b->base || (a->base && a->base != b->base))
		return false;
	const Sym *p = a->list, *q = b->list;
	for (p = p && p->self ? p->next : p, q = q && q->self ? q->next : q; p && q; p = p->next, q = q->next)
		if (p->mode != q->mode || p->hidden != q->hidden || (p->type != q->type && !(p->type->kind == T_PROC && type_same(s, p->type, q->type)) && !same_schema(p->type, q->type)))
			return false;
	return true;
}

/* Objects of Turbo Pascal: a pointer to the one may be kept as a pointer to the other. */
static bool derived(const Type *a, const Type *b)
{
	for (const Type *t = a; t; t = t->parent)
		if (t == b)
			return true;
	return false;
}

bool type_same(Sema *s, const Type *a, const Type *b)
{
	if (a == b || a->kind == T_POISON || b->kind == T_POISON)
		return true;
	if (a->kind != b->kind) /* nil is of every kind of reference */
		return (a->kind == T_PTR && !a->base && b->kind >= T_CLASS) || (b->kind == T_PTR && !b->base && a->kind >= T_CLASS);
	switch (a->kind) {
	case T_INT: case T_BOOL: case T_CHAR: case T_REAL: case T_ANSI:
		return true;
	case T_DYN:
		return a->base == b->base || (a->base->kind == T_DYN && type_same(s, a->base, b->base));
	case T_ENUM:
		return (a->base ? a->base : a) == (b->base ? b->base : b);
	case T_SET:
		return !a->base || !b->base || type_same(s, a->base, b->base);
	case T_PTR: case T_FILE:
		return !a->base || !b->base || (a->base->kind == T_CHAR && b->base->kind == T_CHAR) || derived(a->base, b->base);
	case T_CLASS:
		return sema_derives(a, b) || sema_derives(b, a);
	case T_CLASSREF:
		return sema_derives(a->base, b->base) || sema_derives(b->base, a->base);
	case T_PROC:
		return a->of_object == b->of_object && type_same_params(s, a, b);
	case T_ARRAY: /* strings of one length are one type */
		return type_is_chars(a) && type_is_chars(b) && a->size == b->size;
	}
	return false;
}

static const char *range_str(Sema *s, const Type *t)
{
	if (t->kind == T_CHAR && t->lo >= 32 && t->hi < 127)
		return arena_printf(s->a, "'%c'..'%c'", (char)t->lo, (char)t->hi);
	if (t->kind == T_ENUM && t->base->name)
		return arena_printf(s->a, "subrange of %s", t->base->name->s);
	return arena_printf(s->a, "%lld..%lld", (long long)t->lo, (long long)t->hi);
}

const char *type_str(Sema *s, const Type *t)
{
	if (t->name)
		return diag_name(s->c, t->name);
	switch (t->kind) {
	case T_INT: case T_CHAR: case T_BOOL:
		return range_str(s, t);
	case T_ENUM: return t->base ? range_str(s, t) : "enumeration";
	case T_REAL: return "real";
	case T_ARRAY:
		if (type_is_chars(t))
			return arena_printf(s->a, "string of %u characters", t->size);
		return arena_printf(s->a, "array of %s", t->base->kind == T_ARRAY && !t->base->name ? "array" : type_str(s, t->base));
	case T_RECORD: return "record";
	case T_ANSI: return "ansistring";
	case T_DYN: return arena_printf(s->a, "array of %s", t->base->kind == T_DYN && !t->base->name ? "array" : type_str(s, t->base));
	case T_CLASS: return "class";
	case T_CLASSREF: return "class of";
	case T_SET: return t->base ? arena_printf(s->a, "set of %s", type_str(s, t->base)) : "set";
	case T_PTR: return t->base && t->base->name ? arena_printf(s->a, "^%s", diag_name(s->c, t->base->name)) : t->base ? "pointer" : "nil";
	case T_STRING: return arena_printf(s->a, "string[%d]", (int)t->hi);
	case T_FILE: return t->base ? arena_printf(s->a, "file of %s", type_str(s, t->base)) : "file";
	case T_PROC: return t->base ? "function" : "procedure";
	case T_VOID: return "nothing";
	}
	return "?";
}
