/* abi-shim/win32: what i386 and x86-64 Windows programs ask of Windows -- libraries, process start, objects, files, text.
 *
 * This is the room's door.  One process of the host is one process of the guest.  The libraries of Windows are images in
 * guest memory whose functions are thunks that lead here; there are no files of Windows and no prefix. */
#ifndef PVM_WIN32_H
#define PVM_WIN32_H

#include "../../pvm/run/foreign.h"

typedef struct WinOpts {
	XTaskOpts x;          /* exec, stats, trace_exec, check_ocode; the rest is filled in */
	bool trace;           /* calls, with arguments and results */
	const char *trace_dll; /* only those of this library; NULL = all */
	/* Children that are Windows programs run in this machine too: */
	char **inherit;       /* options that they get, to a NULL; NULL = none */
	const char *via;      /* program that starts this machine (qemu-aarch64); NULL = it starts by itself */
	int process_fd;       /* what the parent has said; 0 = nothing */
} WinOpts;

/* Runs the program argv[0] (a host path) to its end; returns its exit status. */
int win32_run(const WinOpts *o, int argc, char **argv, char **envp);

/* What `pvm info` says of a program: machine, sections, imports, and which of them are missing here. */
bool win32_info(const char *path, Buf *out, Err *e);

#endif
