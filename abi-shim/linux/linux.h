/* abi-shim/linux: what i386 and x86-64 Linux programs ask of their kernel -- process start, system calls, signals.
 *
 * This is the room's door.  One process of the host is one process of the guest: descriptors, directories, credentials,
 * process numbers and signal queues are the host kernel's own. */
#ifndef PVM_LINUX_H
#define PVM_LINUX_H

#include "../../pvm/run/foreign.h"

typedef struct LinuxOpts {
	XTaskOpts x;            /* exec, stats, trace_exec, check_ocode; the rest is filled in */
	bool strace;
	const char *root;       /* a directory in which absolute paths are looked up first; NULL = none */
	bool only_root;         /* ... and nowhere else */
	const char *uname;      /* the kernel's release as the guest sees it; NULL = the host's */
	u64 limit_mem;          /* bytes of address space of each process; 0 = no limit, as for all of these */
	u32 limit_cpu;          /* seconds of each process */
	u32 limit_fds, limit_pids; /* the latter: processes and threads, all descendants together */
	int seccomp_fd;         /* filters of the program that has executed this one; -1 = none */
	const char *traced;     /* how the program that has executed this one was traced; NULL = not at all */
	int pids_fd;            /* table that they are counted in, from the parent; -1 = none yet */
	const char *argv0;      /* the guest's argv[0]; NULL = FILE */
	const char *via;        /* what starts pvm's own file for children, where the host cannot (an emulator); NULL = nothing */
	void (*fatal)(XThread *t, int sig); /* told before a fault, an abort or the like ends the guest; NULL = nobody */
	char **inherit;         /* options of the command line that children of the guest get, NULL-terminated */
} LinuxOpts;

/* True if the bytes begin a program for this room: an ELF file, or a "#!" script. */
bool linux_sniff(const u8 *p, size_t n);

/* Runs FILE (argv[0], a guest path) with its arguments and environment to its end; returns its exit status.  A guest that
 * died by a signal takes this process with it in the same way. */
int linux_run(const LinuxOpts *o, int argc, char **argv, char **envp);

/* The host's name of a guest's file, as --root has it.  out holds 4096 bytes. */
const char *linux_host_path(const LinuxOpts *o, const char *path, char *out);

/* The environment that a guest handed to its child through execve, made its own again (in place). */
void linux_take_env(char **envp);

#endif
