/* The guest's vDSO: an ELF file of one page, made here, whose functions tell the time and the processor.  They call the
 * machine by numbers of their own, which only code on this page may use, and get the answer without the host's kernel being
 * entered: the host's libc has a vDSO, too.  On i386 also how to enter the kernel (AT_SYSINFO) and how to leave handlers.
 *
 * Linux: arch/x86/entry/vdso/vdso*.lds.S have the names. */
#include "layouts.h"

#include <elf.h>
#include <sched.h>
#include <sys/syscall.h>

enum { CALL_BASE = 0x70766d00, CLOCK_GETTIME = 0, GETTIMEOFDAY, TIME, GETCPU, CLOCK_GETRES, CLOCK_GETTIME64, CALLS, KERNEL_ENTRY, SIGRETURN, RT_SIGRETURN };
enum { BOTH = 0, ONLY_I386 = 1, EH_FRAME = 0x500, CODE = 0xa00, SLOT = 32, RT_OFFSET = 16, VERSIONS = 3, VERDEF_SIZE = 28, LANDING = 5 };

static const struct Symbol {
	const char *name;
	u8 code, width;
} symbols[] = {
	{"__vdso_clock_gettime", CLOCK_GETTIME, BOTH}, {"clock_gettime", CLOCK_GETTIME, BOTH},
	{"__vdso_gettimeofday", GETTIMEOFDAY, BOTH}, {"gettimeofday", GETTIMEOFDAY, BOTH},
	{"__vdso_time", TIME, BOTH}, {"time", TIME, BOTH}, {"__vdso_getcpu", GETCPU, BOTH}, {"getcpu", GETCPU, BOTH},
	{"__vdso_clock_getres", CLOCK_GETRES, BOTH}, {"clock_getres", CLOCK_GETRES, BOTH},
	{"__vdso_clock_gettime64", CLOCK_GETTIME64, ONLY_I386}, {"__kernel_vsyscall", KERNEL_ENTRY, ONLY_I386},
	{"__kernel_sigreturn", SIGRETURN, ONLY_I386}, {"__kernel_rt_sigreturn", RT_SIGRETURN, ONLY_I386}
};

/* ---- the file ---------------------------------------------------------------------------------------- */

/* mov eax, NUMBER; syscall; ret -- arguments are where the kernel wants them. */
static void code64(u8 *p, u32 number)
{
	static const u8 tail[] = {0x0f, 0x05, 0xc3};

	p[0] = 0xb8;
	st32(p + 1, number);
	memcpy(p + 5, tail, sizeof tail);
}

/* push ebx; mov ebx, [esp+8]; mov ecx, [esp+12]; mov eax, NUMBER; int 0x80; pop ebx; ret */
static void code32(u8 *p, u32 number)
{
	static const u8 head[] = {0x53, 0x8b, 0x5c, 0x24, 0x08, 0x8b, 0x4c, 0x24, 0x0c, 0xb8}, tail[] = {0xcd, 0x80, 0x5b, 0xc3};

	memcpy(p, head, sizeof head);
	st32(p + sizeof head, number);
	memcpy(p + sizeof head + 4, tail, sizeof tail);
}

static void put_code(bool wide, u8 *page)
{
	/* push ecx, edx, ebp; int 0x80; and here SYSENTER comes back: pop ebp, edx, ecx; ret */
	static const u8 entry[] = {0x51, 0x52, 0x55, 0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3};
	/* pop eax; mov eax, 119; int 0x80 and, at 16: mov eax, 173; int 0x80 */
	static const u8 back[] = {0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0xb8, 173, 0, 0, 0, 0xcd, 0x80};

	for (u32 i = 0; i < CALLS; i++)
		(wide ? code64 : code32)(page + CODE + i * SLOT, CALL_BASE + i);
	if (wide)
		return;
	memcpy(page + CODE + KERNEL_ENTRY * SLOT, entry, sizeof entry);
	memcpy(page + CODE + SIGRETURN * SLOT, back, sizeof back);
}

static u32 code_at(u8 code)
{
	return code == RT_SIGRETURN ? CODE + SIGRETURN * SLOT + RT_OFFSET : CODE + code * SLOT;
}

/* A word of the guest's size. */
static u8 *put_word(bool wide, u8 *p, u64 v)
{
	if (wide)
		st64(p, v);
	else
		st32(p, (u32)v);
	return p + (wide ? 8 : 4);
}

/* Offsets of the tables in the page. */
typedef struct Tables {
	u32 phdr, dynamic, sym, str, hash, versym, verdef, nsym, nstr, nver, neh;
} Tables;

static void put_symbol(bool wide, u8 *p, u32 name, u32 at)
{
	u8 info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);

	st32(p, name);
	if (wide) {
		p[4] = info;
		st16(p + 6, 1); /* any section but none */
		st64(p + 8, at);
		st64(p + 16, SLOT);
	} else {
		st32(p + 4, at);
		st32(p + 8, SLOT);
		p[12] = info;
		st16(p + 14, 1);
	}
}

/* Symbols, their names, and a hash table of one bucket. */
static void put_symbols(bool wide, u8 *page, Tables *s)
{
	static const char soname[] = "linux-gate.so.1", soname64[] = "linux-vdso.so.1";
	u32 size = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);

	memcpy(page + s->str + 1, wide ? soname64 : soname, sizeof soname);
	s->nstr = 1 + sizeof soname;
	s->nsym = 1;
	for (u32 i = 0; i < COUNT(symbols); i++) {
		if (wide && symbols[i].width == ONLY_I386)
			continue;
		put_symbol(wide, page + s->sym + s->nsym * size, s->nstr, code_at(symbols[i].code));
		st16(page + s->versym + 2 * s->nsym, symbols[i].code < KERNEL_ENTRY ? 2 : 3);
		memcpy(page + s->str + s->nstr, symbols[i].name, strlen(symbols[i].name) + 1);
		s->nstr += (u32)strlen(symbols[i].name) + 1;
		s->nsym++;
	}
	st32(page + s->hash, 1);
	st32(page + s->hash + 4, s->nsym);
	st32(page + s->hash + 8, 1); /* the bucket; chains follow, that of the empty symbol first */
	for (u32 i = 1; i < s->nsym; i++)
		st32(page + s->hash + 12 + 4 * i, i + 1 < s->nsym ? i + 1 : 0);
}

/* The hash of the System V ABI. */
static u32 hash_name(const char *name)
{
	u32 h = 0, high;

	for (; *name; name++) {
		h = (h << 4) + (u8)*name;
		high = h & 0xf0000000;
		h = (h ^ high >> 24) & ~high;
	}
	return h;
}

/* Versions of the symbols: of the file itself, of functions, of i386's entries.  Go's programs depend on them. */
static void put_versions(bool wide, u8 *page, Tables *s)
{
	static const char *const names[VERSIONS - 1] = {"LINUX_2.6", "LINUX_2.5"};
	u8 *p = page + s->verdef;

	s->nver = wide ? VERSIONS - 1 : VERSIONS;
	for (u32 i = 0; i < s->nver; i++, p += VERDEF_SIZE) {
		const char *name = i ? names[i - 1] : (const char *)page + s->str + 1;
		st16(p, VER_DEF_CURRENT);
		st16(p + 2, i ? 0 : VER_FLG_BASE);
		st16(p + 4, (u16)(i + 1));
		st16(p + 6, 1);
		st32(p + 8, hash_name(name));
		st32(p + 12, VERDEF_SIZE - 8);
		st32(p + 16, i + 1 < s->nver ? VERDEF_SIZE : 0);
		st32(p + 20, i ? s->nstr : 1);
		if (i) {
			memcpy(page + s->str + s->nstr, name, strlen(name) + 1);
			s->nstr += (u32)strlen(name) + 1;
		}
	}
}

static void put_dynamic(bool wide, u8 *page, const Tables *s)
{
	const u32 tags[][2] = {{DT_HASH, s->hash}, {DT_STRTAB, s->str}, {DT_SYMTAB, s->sym}, {DT_STRSZ, s->nstr},
		{DT_SYMENT, wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym)}, {DT_SONAME, 1}, {DT_VERSYM, s->versym},
		{DT_VERDEF, s->verdef}, {DT_VERDEFNUM, s->nver}, {DT_NULL, 0}};
	u8 *p = page + s->dynamic;

	for (u32 i = 0; i < COUNT(tags); i++)
		p = put_word(wide, put_word(wide, p, tags[i][0]), tags[i][1]);
}

static void put_segment(bool wide, u8 *p, u32 type, u32 flags, u32 at, u32 size)
{
	st32(p, type);
	p += 4;
	if (wide)
		st32(p, flags), p += 4;
	p = put_word(wide, put_word(wide, put_word(wide, p, at), at), at);
	p = put_word(wide, put_word(wide, p, size), size);
	if (!wide)
		st32(p, flags), p += 4;
	put_word(wide, p, type == PT_LOAD ? GUEST_PAGE : 8);
}

static void put_header(bool wide, u8 *page, const Tables *s)
{
	static const u8 ident[] = {0x7f, 'E', 'L', 'F', 0, ELFDATA2LSB, EV_CURRENT};
	u32 size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	u8 *p = page + 24;

	memcpy(page, ident, sizeof ident);
	page[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	st16(page + 16, ET_DYN);
	st16(page + 18, wide ? EM_X86_64 : EM_386);
	st32(page + 20, EV_CURRENT);
	p = put_word(wide, put_word(wide, put_word(wide, p, 0), s->phdr), 0);
	st32(p, 0);
	st16(p + 4, wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr));
	st16(p + 6, (u16)size);
	st16(p + 8, 3);
	put_segment(wide, page + s->phdr, PT_LOAD, PF_R | PF_X, 0, GUEST_PAGE);
	put_segment(wide, page + s->phdr + size, PT_DYNAMIC, PF_R, s->dynamic, 10 * (wide ? 16 : 8));
	put_segment(wide, page + s->phdr + 2 * size, PT_GNU_EH_FRAME, PF_R, EH_FRAME, s->neh);
}

static u32 put_unwind(bool wide, u8 *page)
{
	VdsoCode c = {
		.call = CODE, .slot = SLOT, .ncall = CALLS, .call_size = wide ? 8 : 18, .entry = code_at(KERNEL_ENTRY), .sigreturn = code_at(SIGRETURN),
		.rt_sigreturn = code_at(RT_SIGRETURN)
	};

	return vdso_unwind(wide, page, EH_FRAME, &c);
}

bool vdso_map(LTask *k)
{
	u8 page[GUEST_PAGE] = {0};
	Tables s = {.phdr = 64, .dynamic = 240, .sym = 400, .verdef = 0x2a0, .str = 0x300, .hash = 0x480, .versym = 0x4d0};
	XMapReq r = {.size = GUEST_PAGE, .prot = GP_READ | GP_WRITE, .fd = -1, .name = "[vdso]"};
	i64 at = guest_map(k->x, &r);

	put_symbols(k->wide, page, &s);
	put_versions(k->wide, page, &s);
	put_dynamic(k->wide, page, &s);
	s.neh = put_unwind(k->wide, page);
	put_header(k->wide, page, &s);
	put_code(k->wide, page);
	k->vdso = (u64)at;
	k->sigreturn_page = (u64)at + code_at(SIGRETURN);
	return at >= 0 && xguest_write(k->thread.x, (u64)at, page, sizeof page) && guest_protect(k->x, (u64)at, GUEST_PAGE, GP_READ | GP_EXEC) >= 0;
}

u64 vdso_sysinfo(const LTask *k)
{
	return k->vdso + code_at(KERNEL_ENTRY);
}

u64 vdso_landing(const LTask *k)
{
	return vdso_sysinfo(k) + LANDING;
}

/* ---- its calls ------------------------------------------------------------------------------------------ */

bool vdso_owns(const LThread *t, u64 nr)
{
	return nr - CALL_BASE < CALLS && *xreg(t->x, XS_PC) - t->task->vdso < GUEST_PAGE;
}

static i64 get_clock(LThread *t, u64 clock, u64 at, LKind k, int (*fn)(clockid_t, struct timespec *))
{
	struct timespec ts;

	if (fn((clockid_t)clock, &ts) != 0)
		return -errno;
	if (!at && fn == clock_getres)
		return 0;
	return layout_write(t, k, at, &ts);
}

static i64 get_day(LThread *t, u64 at, u64 zone)
{
	struct timeval tv;
	struct timezone tz;

	gettimeofday(&tv, &tz);
	if (at && layout_write(t, LK_timeval, at, &tv) < 0)
		return -EFAULT;
	return zone ? layout_write(t, LK_timezone, zone, &tz) : 0;
}

static i64 get_cpu(LThread *t, u64 at, u64 node_at)
{
	unsigned v[2] = {0};

	getcpu(&v[0], &v[1]);
	if (at && layout_write(t, LK_int, at, &v[0]) < 0)
		return -EFAULT;
	return node_at ? layout_write(t, LK_int, node_at, &v[1]) : 0;
}

i64 vdso_call(LThread *t, u64 nr, u64 a, u64 b)
{
	switch (nr - CALL_BASE) {
	case CLOCK_GETTIME: return get_clock(t, a, b, LK_timespec, clock_gettime);
	case CLOCK_GETTIME64: return get_clock(t, a, b, LK_timespec64, clock_gettime);
	case CLOCK_GETRES: return get_clock(t, a, b, LK_timespec, clock_getres);
	case GETTIMEOFDAY: return get_day(t, a, b);
	case GETCPU: return get_cpu(t, a, b);
	default: {
		struct LLong now = {time(NULL)};
		return a && layout_write(t, LK_long, a, &now) < 0 ? -EFAULT : now.v;
	}
	}
}
