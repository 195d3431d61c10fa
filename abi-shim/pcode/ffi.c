/* Routines of the host's libraries, for programs that --allow-ffi trusts: such a program can do whatever pvm itself can.
 *
 * libffi is opened when the first call comes, so that pvm needs it neither at build time on other hosts nor to start.  Its
 * functions are those of libffi 3; the layout of ffi_cif is its header's.
 *
 * An address of the program is turned into the host's.  A text that comes back (p) is copied into the program's memory, where
 * it stays. */
#include "abi.h"

#include <dlfcn.h>
#include <stdlib.h>

static bool allowed;

void pcabi_allow_ffi(void)
{
	allowed = true;
}

static void NORETURN refuse(Regfile *t, const char *name, const char *why)
{
	fprintf(stderr, "pvm: foreign function '%s': %s\n", name, why);
	thread_exit(abi_thread(t), 126);
}

/* The routine's name, in a buffer of `size` bytes. */
static void routine(Regfile *t, const u64 *args, char *name, size_t size)
{
	u32 n = MIN((u32)args[3], (u32)size - 1);

	memcpy(name, guest_ptr(abi_thread(t), (u32)args[2], (u32)args[3]), n);
	name[n] = 0;
	if (!allowed)
		refuse(t, name, "refused without --allow-ffi");
}

#if defined(PVM_NO_FFI) || !__has_include(<ffi.h>)

u64 sys_ffi_call(Regfile *t, const u64 *args)
{
	char name[200];

	routine(t, args, name, sizeof name);
	refuse(t, name, "this build has no foreign functions");
}

#else
#include <ffi.h>

enum { MOST_ARGS = 32 };

static struct {
	void *lib;
	ffi_status (*prep)(ffi_cif *, ffi_abi, unsigned, ffi_type *, ffi_type **);
	void (*call)(ffi_cif *, void (*)(void), void *, void **);
	ffi_type *type[128]; /* by letter of the signature */
} ffi;

static bool load(void)
{
	static const struct { char letter; const char *name; } types[] = {
		{ 'v', "ffi_type_void" }, { 'i', "ffi_type_sint32" }, { 'u', "ffi_type_uint32" }, { 'l', "ffi_type_sint64" },
		{ 'b', "ffi_type_uint8" }, { 'w', "ffi_type_uint16" }, { 'f', "ffi_type_float" }, { 'd', "ffi_type_double" },
		{ 'p', "ffi_type_pointer" }, { 'y', "ffi_type_uint8" },
	};
	if (ffi.lib)
		return true;
	if (!(ffi.lib = dlopen("libffi.so.8", RTLD_NOW)) && !(ffi.lib = dlopen("libffi.so.7", RTLD_NOW)))
		return false;
	*(void **)&ffi.prep = dlsym(ffi.lib, "ffi_prep_cif");
	*(void **)&ffi.call = dlsym(ffi.lib, "ffi_call");
	for (u32 i = 0; i < COUNT(types); i++)
		ffi.type[(u8)types[i].letter] = dlsym(ffi.lib, types[i].name);
	return ffi.prep && ffi.call;
}

/* The routine: of this library, else of those that the process has. */
static void *find(const char *lib, const char *name)
{
	char file[300];
	void *h = *lib ? dlopen(lib, RTLD_NOW) : NULL;

	if (!*lib)
		return dlsym(RTLD_DEFAULT, name);
	if (!h && snprintf(file, sizeof file, "lib%s.so", lib) < (int)sizeof file && !(h = dlopen(file, RTLD_NOW))) {
		static const char *const versions[] = { ".6", ".2", ".1" };
		for (u32 i = 0; i < COUNT(versions) && !h; i++) {
			snprintf(file, sizeof file, "lib%.200s.so%s", lib, versions[i]);
			h = dlopen(file, RTLD_NOW);
		}
	}
	return h ? dlsym(h, name) : NULL;
}

/* One argument, of 8 bytes in guest memory, as the host wants it. */
static void convert(Regfile *t, char letter, u64 v, u64 *out)
{
	float f;
	double d;
	void *p;

	switch (letter) {
	case 'f': f = (float)u64_f64(v), memcpy(out, &f, sizeof f); break;
	case 'd': d = u64_f64(v), memcpy(out, &d, sizeof d); break;
	case 'p': p = (u32)v ? guest_ptr(abi_thread(t), (u32)v, 1) : NULL, memcpy(out, &p, sizeof p); break;
	case 'i': case 'u': *(u32 *)out = (u32)v; break;
	case 'b': case 'y': *(u8 *)out = (u8)v; break;
	case 'w': *(u16 *)out = (u16)v; break;
	default: *out = v;
	}
}

static u64 result(char letter, const u64 *r)
{
	float f;
	double d;

	switch (letter) {
	case 'v': return 0;
	case 'f': memcpy(&f, r, sizeof f); return f64_u64((double)f);
	case 'd': memcpy(&d, r, sizeof d); return f64_u64(d);
	case 'i': return (u64)(i64)(i32)(ffi_sarg)*(const ffi_arg *)r;
	case 'u': return (u32)*(const ffi_arg *)r;
	case 'b': return (u8)*(const ffi_arg *)r;
	case 'y': return (u8)*(const ffi_arg *)r != 0;
	case 'w': return (u16)*(const ffi_arg *)r;
	}
	return *r;
}

/* Copies a text that C has given into the program's memory; 0 for none. */
static u64 copy_text(Regfile *t, const u64 *r)
{
	const char *s;
	memcpy(&s, r, sizeof s);
	if (!s)
		return 0;
	u64 n = strlen(s) + 1, arg = n < 1u << 30 ? n : 1u << 30;
	u32 at = (u32)sys_mem_alloc(t, &arg);
	memcpy(guest_ptr(abi_thread(t), at, (u32)arg), s, (u32)arg);
	return at;
}

u64 sys_ffi_call(Regfile *t, const u64 *args)
{
	Thread *th = abi_thread(t);
	char lib[200] = "", name[200], sig[MOST_ARGS + 2];
	u64 value[MOST_ARGS], r[4] = { 0 };
	void *arg[MOST_ARGS];
	ffi_type *type[MOST_ARGS];
	ffi_cif cif;
	u32 n = 0;

	memcpy(lib, guest_ptr(th, (u32)args[0], (u32)args[1]), MIN((u32)args[1], sizeof lib - 1));
	routine(t, args, name, sizeof name);
	if (!load())
		refuse(t, name, "libffi is not here");
	void *fn = find(lib, name);
	if (!fn)
		refuse(t, name, "not found");
	do
		sig[n] = *(char *)guest_ptr(th, (u32)args[4] + n, 1);
	while (sig[n] && ++n < MOST_ARGS + 1);
	for (u32 i = 0; i < n; i++)
		if ((u8)sig[i] >= COUNT(ffi.type) || !ffi.type[(u8)sig[i]] || (i && sig[i] == 'v'))
			refuse(t, name, "bad signature");
	if (!n || n > MOST_ARGS)
		refuse(t, name, "bad signature");
	for (u32 i = 1; i < n; i++) {
		convert(t, sig[i], ld64(guest_ptr(th, (u32)args[5] + 8 * (i - 1), 8)), &value[i]);
		arg[i - 1] = &value[i];
		type[i - 1] = ffi.type[(u8)sig[i]];
	}
	if (ffi.prep(&cif, FFI_DEFAULT_ABI, n - 1, ffi.type[(u8)sig[0]], type) != FFI_OK)
		refuse(t, name, "bad signature");
	text_flush(&abi_of(t)->text.p[TEXT_OUTPUT]);
	ffi.call(&cif, (void (*)(void))fn, r, arg);
	return sig[0] == 'p' ? copy_text(t, r) : result(sig[0], r);
}

#endif
