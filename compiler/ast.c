/* ast: source texts, unique names, and the tree's listing. */
#include "ast.h"
#include <stdlib.h>

const char *const ast_node_name[N_COUNT] = {
#define N(kind, name, children) name,
#include "ast.def"
#undef N
};

/* ---- sources ---- */

Source *ast_source(Comp *c, const char *path, const char *text, u32 n, bool lib)
{
	Source *s = arena_alloc(c->a, sizeof *s);
	const Source *prev = c->src.n ? c->src.p[c->src.n - 1] : NULL;
	*s = (Source){ .path = path, .text = text, .n = n, .lib = lib, .base = prev ? prev->base + prev->n + 1 : 0 };
	vec_push(&s->line, 0);
	for (const char *p = text, *end = text + n; n && (p = memchr(p, '\n', (size_t)(end - p))) && ++p < end;)
		vec_push(&s->line, (u32)(p - text));
	vec_push(&c->src, s);
	return s;
}

/* Number of the source that holds pos. */
static u32 source_index(Comp *c, u32 pos)
{
	u32 lo = 0, hi = c->src.n;
	if (c->line_src < hi && pos - c->src.p[c->line_src]->base <= c->src.p[c->line_src]->n)
		return c->line_src;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;
		if (c->src.p[mid]->base <= pos)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

const Source *ast_source_at(Comp *c, u32 pos)
{
	return c->src.p[source_index(c, pos)];
}

u32 ast_line(Comp *c, u32 pos)
{
	u32 k = source_index(c, pos);
	const Source *s = c->src.p[k];
	u32 off = pos - s->base, at = k == c->line_src ? c->line_at : 0, lo = 0, hi = s->line.n;
	/* Mostly the line is that of the last question or one soon behind it. */
	for (u32 i = 0; i < 4 && at + i < s->line.n && s->line.p[at + i] <= off; i++)
		if (at + i + 1 == s->line.n || s->line.p[at + i + 1] > off)
			return c->line_src = k, c->line_at = at + i, at + i + 1;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;
		if (s->line.p[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	c->line_src = k;
	c->line_at = lo;
	return lo + 1;
}

/* ---- names ---- */

static inline char fold(char ch)
{
	return ch >= 'A' && ch <= 'Z' ? (char)(ch | 32) : ch;
}

static void names_grow(Comp *c)
{
	u32 n = c->nslot ? c->nslot * 2 : 1024;
	Name **slot = xcalloc(n, sizeof *slot);
	for (u32 i = 0; i < c->nslot; i++)
		for (Name *p = c->slot[i], *next; p; p = next) {
			next = p->next;
			p->next = slot[p->hash & (n - 1)];
			slot[p->hash & (n - 1)] = p;
		}
	free(c->slot);
	c->slot = slot;
	c->nslot = n;
}

static bool same(const Name *p, const char *s, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (p->s[i] != fold(s[i]))
			return false;
	return true;
}

Name *ast_name(Comp *c, const char *s, u32 n)
{
	u32 h = 2166136261u;
	for (u32 i = 0; i < n; i++)
		h = (h ^ (u8)fold(s[i])) * 16777619u;
	h ^= h >> 15;
	if (c->nname >= c->nslot)
		names_grow(c);
	Name **slot = &c->slot[h & (c->nslot - 1)];
	for (Name *p = *slot; p; p = p->next)
		if (p->hash == h && p->len == n && same(p, s, n))
			return p;
	Name *p = arena_alloc(c->a, sizeof *p + n + 1);
	p->hash = h;
	p->len = n;
	for (u32 i = 0; i < n; i++)
		p->s[i] = fold(s[i]);
	p->next = *slot;
	*slot = p;
	c->nname++;
	return p;
}

void ast_names_free(Comp *c)
{
	free(c->slot);
	for (u32 i = 0; i < c->src.n; i++)
		vec_free(&c->src.p[i]->line);
	vec_free(&c->src);
}

/* ---- listing ---- */

static void dump_value(const Node *n, Buf *out)
{
	switch (n->op) {
	case N_INT:
	case N_LABELDEF: case N_GOTO: case N_LABELLED:
		if (n->sw & 128)
			buf_printf(out, " %s", n->name->s);
		else
			buf_printf(out, " %lld", (long long)n->i);
		break;
	case N_REAL: buf_printf(out, " %.17g", n->r); break;
	case N_STR: buf_printf(out, " '"), buf_bytes(out, n->s, n->n), buf_printf(out, "'"); break;
	case N_FOR: buf_printf(out, n->i ? " downto" : ""); break;
	case N_PARAM: buf_printf(out, " %s", (const char *[]){ "value", "var", "const", "procedural", "?" }[n->i]); break;
	case N_TARRAY: case N_TRECORD: buf_printf(out, n->i ? " packed" : ""); break;
	case N_USES: case N_CONSTDEF: case N_TYPEDEF: case N_PROC: case N_TNAME: case N_TSTRING: case N_TCONF: case N_TPTR:
	case N_ID: case N_FIELD: case N_FIELDINIT: case N_VARIANTS:
		if (n->name)
			buf_printf(out, " %s", n->name->s);
		break;
	}
}

enum { DEEPEST_INDENT = 100 };

static void dump_line(const Node *n, u32 depth, Comp *c, Buf *out)
{
	const Source *s = ast_source_at(c, n->at.pos);
	u32 line = ast_line(c, n->at.pos);
	buf_printf(out, "%*s%s", (int)MIN(depth, (u32)DEEPEST_INDENT) * 2, "", ast_node_name[n->op]);
	dump_value(n, out);
	buf_printf(out, "  <%u:%u>\n", line, n->at.pos - s->base - s->line.p[line - 1] + 1);
}

/* Chains of operators may be longer than the machine's stack is deep: down the left side in a loop, and back up. */
static void dump_one(Node *n, u32 depth, Comp *c, Buf *out)
{
	Node *up = NULL;
	for (; n->op >= N_ADD && n->op <= N_SHR; n = n->a) {
		dump_line(n, depth++, c, out);
		n->d = up;
		up = n;
	}
	dump_line(n, depth, c, out);
	Node *kid[] = { n->a, n->b, n->c, n->d };
	for (u32 i = 0; i < 4; i++)
		ast_dump(kid[i], depth + 1, c, out);
	for (; up; depth--) {
		Node *above = up->d;
		up->d = NULL;
		ast_dump(up->b, depth, c, out);
		up = above;
	}
}

void ast_dump(Node *n, u32 depth, Comp *c, Buf *out)
{
	for (; n; n = n->next)
		dump_one(n, depth, c, out);
}

/* ---- spelling ---- */

u32 ast_distance(const char *a, u32 n, const char *b, u32 m, u32 most)
{
	u32 row[3][42];
	if (n > 40 || m > 40 || (n > m ? n - m : m - n) > most)
		return most + 1;
	for (u32 j = 0; j <= m; j++)
		row[0][j] = j;
	for (u32 i = 1; i <= n; i++) {
		u32 *cur = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
		cur[0] = i;
		for (u32 j = 1; j <= m; j++) {
			u32 d = up[j - 1] + (a[i - 1] != b[j - 1]);
			d = MIN(d, MIN(up[j], cur[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = MIN(d, up2[j - 2] + 1);
			cur[j] = d;
		}
	}
	return row[n % 3][m];
}
