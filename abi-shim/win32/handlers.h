/* Every handler that a row names. */
#ifndef PVM_W32_HANDLERS_H
#define PVM_W32_HANDLERS_H

#include "w32.h"

#define F(name, sig, fn) WFn w_##fn;
#define O(name, ordinal, sig, fn) WFn w_##fn;
#define N(name, sig, fn) WFn w_##fn;
#define S(name, sig)
#define D(name, size32, size64)
#include "ntdll.def"
#include "kernel32.def"
#include "msvcrt.def"
#include "advapi32.def"
#include "bcrypt.def"
#include "bcryptprimitives.def"
#include "comctl32.def"
#include "comdlg32.def"
#include "crypt32.def"
#include "dbghelp.def"
#include "dwmapi.def"
#include "gdi32.def"
#include "imm32.def"
#include "iphlpapi.def"
#include "msimg32.def"
#include "mswsock.def"
#include "netapi32.def"
#include "ole32.def"
#include "oleaut32.def"
#include "pdh.def"
#include "powrprof.def"
#include "psapi.def"
#include "secur32.def"
#include "setupapi.def"
#include "shcore.def"
#include "shell32.def"
#include "shlwapi.def"
#include "user32.def"
#include "userenv.def"
#include "uxtheme.def"
#include "version.def"
#include "winmm.def"
#include "winspool.def"
#include "wintrust.def"
#include "ws2_32.def"
#include "wtsapi32.def"
#include "avicap32.def"
#include "mfc42.def"
#include "mpr.def"
#include "mssign32.def"
#include "ncrypt.def"
#include "rpcrt4.def"
#include "ucrtbase.def"
#include "urlmon.def"
#include "vcruntime140.def"
#include "windowscodecs.def"
#include "winhttp.def"
#include "wininet.def"
#include "xmllite.def"
#undef F
#undef O
#undef N
#undef S
#undef D

#endif
