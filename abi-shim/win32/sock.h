/* Sockets: Windows's numbers and structures, and the host's. */
#ifndef PVM_WIN32_SOCK_H
#define PVM_WIN32_SOCK_H

#include "async.h"

#include <sys/socket.h>

enum { SOCK_NOT_ONE = 10038, SOCK_FAULT = 10014, SOCK_INVALID = 10022, SOCK_WOULD_BLOCK = 10035, SOCK_NO_OPTION = 10042, SOCK_NO_BUFFERS = 10055,
	SOCK_NOT_SUPPORTED = 10045, SOCK_NO_FAMILY = 10047 };

/* What of a socket is told by an event (WSAEventSelect): a mask of these. */
enum { SOCK_READ = 1, SOCK_WRITE = 2, SOCK_OOB = 4, SOCK_ACCEPT = 8, SOCK_CONNECT = 0x10, SOCK_CLOSE = 0x20, SOCK_EVENTS = 6 };

u32 sock_error(int e);
/* Sets the error by errno, or by number; SOCKET_ERROR. */
u64 sock_fail_errno(WThread *t);
u64 sock_fail(WThread *t, u32 code);
/* The socket of a handle, kept; NULL: the error is set. */
WObj *sock_of(WThread *t, u64 h);
/* A new handle for a descriptor. */
u64 sock_handle(WTask *k, int fd, bool overlapped);
/* Addresses: to the host's (its length, 0: bad; the error is set); to the guest's, n bytes of it, as much as there is room for. */
int sock_family(u32 family);
u32 sock_family_back(int family);
socklen_t sock_address(WThread *t, u64 at, u64 n, struct sockaddr_storage *out);
u32 sock_address_bytes(const struct sockaddr_storage *a, socklen_t n, u8 *out);
/* ... to where the guest has put room and the size of it (0: nowhere). */
void sock_put_address(WThread *t, const struct sockaddr_storage *a, socklen_t n, u64 at, u64 size_at);
/* Something has been taken from or given to the socket: its events may come again. */
void sock_again(WThread *t, WObj *o, u32 which);

#endif
