/* The libraries: their rows, by name. */
#include "w32.h"
#include "handlers.h"

#include <stdlib.h>
#include <strings.h>

#define F(name, sig, fn) {#name, 0, sig, w_##fn},
#define O(name, ordinal, sig, fn) {#name, ordinal, sig, w_##fn},
#define N(name, sig, fn) {name, 0, sig, w_##fn},
#define S(name, sig) {#name, 0, sig, NULL},
#define D(name, size32, size64)
static const WRow ntdll[] = {
#include "ntdll.def"
};
static const WRow kernel32[] = {
#include "kernel32.def"
};
static const WRow msvcrt[] = {
#include "msvcrt.def"
};
static const WRow advapi32[] = {
#include "advapi32.def"
};
static const WRow bcrypt[] = {
#include "bcrypt.def"
};
static const WRow bcryptprimitives[] = {
#include "bcryptprimitives.def"
};
static const WRow comctl32[] = {
#include "comctl32.def"
};
static const WRow comdlg32[] = {
#include "comdlg32.def"
};
static const WRow crypt32[] = {
#include "crypt32.def"
};
static const WRow dbghelp[] = {
#include "dbghelp.def"
};
static const WRow dwmapi[] = {
#include "dwmapi.def"
};
static const WRow gdi32[] = {
#include "gdi32.def"
};
static const WRow imm32[] = {
#include "imm32.def"
};
static const WRow iphlpapi[] = {
#include "iphlpapi.def"
};
static const WRow msimg32[] = {
#include "msimg32.def"
};
static const WRow mswsock[] = {
#include "mswsock.def"
};
static const WRow netapi32[] = {
#include "netapi32.def"
};
static const WRow ole32[] = {
#include "ole32.def"
};
static const WRow oleaut32[] = {
#include "oleaut32.def"
};
static const WRow pdh[] = {
#include "pdh.def"
};
static const WRow powrprof[] = {
#include "powrprof.def"
};
static const WRow psapi[] = {
#include "psapi.def"
};
static const WRow secur32[] = {
#include "secur32.def"
};
static const WRow setupapi[] = {
#include "setupapi.def"
};
static const WRow shcore[] = {
#include "shcore.def"
};
static const WRow shell32[] = {
#include "shell32.def"
};
static const WRow shlwapi[] = {
#include "shlwapi.def"
};
static const WRow user32[] = {
#include "user32.def"
};
static const WRow userenv[] = {
#include "userenv.def"
};
static const WRow uxtheme[] = {
#include "uxtheme.def"
};
static const WRow version[] = {
#include "version.def"
};
static const WRow winmm[] = {
#include "winmm.def"
};
static const WRow winspool[] = {
#include "winspool.def"
};
static const WRow wintrust[] = {
#include "wintrust.def"
};
static const WRow ws2_32[] = {
#include "ws2_32.def"
};
static const WRow wtsapi32[] = {
#include "wtsapi32.def"
};
static const WRow avicap32[] = {
#include "avicap32.def"
};
static const WRow mfc42[] = {
#include "mfc42.def"
};
static const WRow mpr[] = {
#include "mpr.def"
};
static const WRow mssign32[] = {
#include "mssign32.def"
};
static const WRow ncrypt[] = {
#include "ncrypt.def"
};
static const WRow rpcrt4[] = {
#include "rpcrt4.def"
};
static const WRow ucrtbase[] = {
#include "ucrtbase.def"
};
static const WRow urlmon[] = {
#include "urlmon.def"
};
static const WRow vcruntime140[] = {
#include "vcruntime140.def"
};
static const WRow windowscodecs[] = {
#include "windowscodecs.def"
};
static const WRow winhttp[] = {
#include "winhttp.def"
};
static const WRow wininet[] = {
#include "wininet.def"
};
static const WRow xmllite[] = {
#include "xmllite.def"
};
#undef F
#undef O
#undef N
#undef S
#undef D
#define F(name, sig, fn)
#define O(name, ordinal, sig, fn)
#define N(name, sig, fn)
#define S(name, sig)
#define D(name, size32, size64) {#name, size32, size64},
static const WData msvcrt_data[] = {
#include "msvcrt.def"
};
#undef F
#undef O
#undef N
#undef S
#undef D

#define PLAIN(id, ending) {#id ending, id, COUNT(id), NULL, 0}
static const WDll dlls[] = {
	PLAIN(ntdll, ".dll"), PLAIN(kernel32, ".dll"), {"kernelbase.dll", kernel32, COUNT(kernel32), NULL, 0},
	{"msvcrt.dll", msvcrt, COUNT(msvcrt), msvcrt_data, COUNT(msvcrt_data)},
	PLAIN(advapi32, ".dll"), PLAIN(bcrypt, ".dll"), PLAIN(bcryptprimitives, ".dll"), PLAIN(comctl32, ".dll"), PLAIN(comdlg32, ".dll"), PLAIN(crypt32, ".dll"),
	PLAIN(dbghelp, ".dll"), PLAIN(dwmapi, ".dll"), PLAIN(gdi32, ".dll"), PLAIN(imm32, ".dll"), PLAIN(iphlpapi, ".dll"),
	PLAIN(msimg32, ".dll"), PLAIN(netapi32, ".dll"), PLAIN(ole32, ".dll"), PLAIN(oleaut32, ".dll"), PLAIN(pdh, ".dll"),
	PLAIN(powrprof, ".dll"), PLAIN(psapi, ".dll"), PLAIN(secur32, ".dll"), PLAIN(setupapi, ".dll"), PLAIN(shcore, ".dll"),
	PLAIN(shell32, ".dll"), PLAIN(shlwapi, ".dll"), PLAIN(user32, ".dll"), PLAIN(userenv, ".dll"), PLAIN(uxtheme, ".dll"),
	PLAIN(version, ".dll"), PLAIN(winmm, ".dll"), PLAIN(winspool, ".drv"), PLAIN(wintrust, ".dll"), PLAIN(wtsapi32, ".dll"), PLAIN(ws2_32, ".dll"),
	{"wsock32.dll", ws2_32, COUNT(ws2_32), NULL, 0}, PLAIN(mswsock, ".dll"),
	PLAIN(avicap32, ".dll"), PLAIN(mfc42, ".dll"), PLAIN(mpr, ".dll"), PLAIN(mssign32, ".dll"), PLAIN(ncrypt, ".dll"), PLAIN(rpcrt4, ".dll"), PLAIN(ucrtbase, ".dll"),
	PLAIN(urlmon, ".dll"), PLAIN(vcruntime140, ".dll"), PLAIN(windowscodecs, ".dll"), PLAIN(winhttp, ".dll"), PLAIN(wininet, ".dll"), PLAIN(xmllite, ".dll"),
	{"vcruntime140_1.dll", vcruntime140, COUNT(vcruntime140), NULL, 0}, {"combase.dll", ole32, COUNT(ole32), NULL, 0},
};

/* API sets: names without a file that stand for one of the libraries. */
static const struct { const char *prefix, *dll; } sets[] = {
	{"api-ms-win-crt-", "ucrtbase.dll"}, {"api-ms-win-core-com-", "combase.dll"}, {"api-ms-win-core-winrt-", "combase.dll"},
	{"api-ms-win-core-registry-", "advapi32.dll"}, {"api-ms-win-security-", "advapi32.dll"}, {"api-ms-win-eventing-", "advapi32.dll"},
	{"api-ms-win-core-version-", "version.dll"}, {"api-ms-win-core-shlwapi-", "shlwapi.dll"}, {"api-ms-win-core-psapi-", "psapi.dll"},
	{"api-ms-win-shcore-", "shcore.dll"}, {"api-ms-win-core-", "kernel32.dll"}
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
