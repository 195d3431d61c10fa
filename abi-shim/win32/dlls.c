/* The libraries: their rows, by name. */
#include "w32.h"
#include "handlers.h"

#include <stdlib.h>
#include <strings.h>

#define F(name, sig, fn) {#name, 0, sig, w_##fn},
#define O(name, ordinal, sig, fn) {#name, ordinal, sig, w_##fn},
#define S(name, sig) {#name, 0, sig, NULL},
#define D(name, size32, size64)
static const WRow kernel32[] = {
#include "kernel32.def"
};
static const WRow ntdll[] = {
#include "ntdll.def"
};
static const WRow msvcrt[] = {
#include "msvcrt.def"
};
#undef F
#undef O
#undef S
#undef D
#define F(name, sig, fn)
#define O(name, ordinal, sig, fn)
#define S(name, sig)
#define D(name, size32, size64) {#name, size32, size64},
static const WData msvcrt_data[] = {
#include "msvcrt.def"
};
#undef F
#undef O
#undef S
#undef D

static const WDll dlls[] = {
	{"ntdll.dll", ntdll, COUNT(ntdll), NULL, 0},
	{"kernel32.dll", kernel32, COUNT(kernel32), NULL, 0},
	{"kernelbase.dll", kernel32, COUNT(kernel32), NULL, 0},
	{"msvcrt.dll", msvcrt, COUNT(msvcrt), msvcrt_data, COUNT(msvcrt_data)},
};

/* API sets: names without a file that stand for one of the libraries. */
static const struct { const char *prefix, *dll; } sets[] = {
	{"api-ms-win-core-", "kernel32.dll"},
};

const WDll *dll_find(const char *name)
{
	for (u32 i = 0; i < COUNT(sets); i++)
		if (strncasecmp(name, sets[i].prefix, strlen(sets[i].prefix)) == 0)
			name = sets[i].dll;
	for (u32 i = 0; i < COUNT(dlls); i++)
		if (strcasecmp(name, dlls[i].name) == 0)
			return &dlls[i];
	return NULL;
}

const WDll *dll_by_index(u32 i)
{
	return i < COUNT(dlls) ? &dlls[i] : NULL;
}

u32 dll_index(const WDll *d)
{
	return (u32)(d - dlls);
}

const WRow *dll_row(const WDll *d, const char *name)
{
	for (u32 i = 0; i < d->nrow; i++)
		if (d->row[i].name && strcmp(d->row[i].name, name) == 0)
			return &d->row[i];
	return NULL;
}
