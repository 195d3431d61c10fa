/* What a process says to a child that is another run of this machine: a piece of shared memory, named by --process-fd. */
#ifndef PVM_WIN32_CHILD_H
#define PVM_WIN32_CHILD_H

#include "w32.h"

enum { SPAWN_MAGIC = 0x31777670, SPAWN_HEAD = 64 };

/* Its head.  Behind it, strings with their NULs: the command line; how many variables; these; how many handles; for each
 * "HANDLE FD FLAGS" and its path. */
typedef struct Spawn {
	u32 magic, size;
	u32 status, ended;   /* by the child, at its end: all 32 bits of its status */
	u32 go;              /* 0: the child waits before its first instruction */
	u32 pad[11];
} Spawn;

/* Takes over what the parent has said; false: it said nothing. */
bool spawn_take(WTask *k, Err *e);
/* Waits until the parent lets it begin. */
void spawn_wait(const WTask *k);
void spawn_go(Spawn *s);
/* Tells the parent. */
void spawn_end(WTask *k, u32 status);

#endif
