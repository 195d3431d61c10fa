/* ws2_32: names and addresses, services, protocols. */
#include "sock.h"
#include "handlers.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

enum { HOST_NOT_FOUND_ = 11001, TRY_AGAIN_ = 11002, NO_RECOVERY_ = 11003, NO_SERVICE = 10109 };

static u32 name_error(int e)
{
	switch (e) {
	case EAI_NONAME:
		return HOST_NOT_FOUND_;
	case EAI_AGAIN:
		return TRY_AGAIN_;
	case EAI_FAMILY:
		return SOCK_NO_FAMILY;
	case EAI_SERVICE:
		return NO_SERVICE;
	case EAI_SOCKTYPE:
		return 10044;
	case EAI_BADFLAGS:
		return SOCK_INVALID;
	case EAI_MEMORY:
		return W_NOT_ENOUGH_MEMORY;
	default:
		return NO_RECOVERY_;
	}
}

/* ---- getaddrinfo ------------------------------------------------------------------------------------------ */

static const struct { u32 win; int host; } hints[] = {
	{1, AI_PASSIVE}, {2, AI_CANONNAME}, {4, AI_NUMERICHOST}, {8, AI_NUMERICSERV}, {0x100, AI_ALL}, {0x400, AI_ADDRCONFIG}, {0x800, AI_V4MAPPED}
};

/* addrinfo: four words, a size, then name, address and next. */
static u64 put_info(WThread *t, const struct addrinfo *i, bool wide_text)
{
	u64 word = t->wide ? 8 : 4, size = t->wide ? 48 : 32;
	struct sockaddr_storage a;
	u8 raw[sizeof a];
	u64 at = wheap_zalloc(t, size + 32);

	if (!at)
		return 0;
	memset(&a, 0, sizeof a);
	memcpy(&a, i->ai_addr, i->ai_addrlen);
	u32 n = sock_address_bytes(&a, i->ai_addrlen, raw);
	mem_put_u32(t, at + 4, sock_family_back(i->ai_family));
	mem_put_u32(t, at + 8, (u32)i->ai_socktype);
	mem_put_u32(t, at + 12, (u32)i->ai_protocol);
	mem_put_word(t, at + 16, n);
	if (i->ai_canonname)
		mem_put_word(t, at + 16 + word, wide_text ? wheap_wstring(t, i->ai_canonname) : wheap_string(t, i->ai_canonname));
	mem_put_word(t, at + 16 + 2 * word, at + size);
	memcpy(mem_out(t, at + size, n), raw, n);
	return at;
}

static u64 next_slot(const WThread *t, u64 at) { return at + 16 + (t->wide ? 24 : 12); }

u64 w_getaddrinfo(WThread *t, const u64 *a)
{
	char *node = a[0] ? arg_string(t, a, 0) : NULL, *service = a[1] ? arg_string(t, a, 1) : NULL;
	struct addrinfo h = {.ai_family = AF_UNSPEC}, *list = NULL;
	bool wide_text = row_wide(t);
	u64 first = 0, last = 0;

	if (a[2]) {
		u32 flags = mem_u32(t, a[2]);
		for (u32 i = 0; i < COUNT(hints); i++)
			h.ai_flags |= flags & hints[i].win ? hints[i].host : 0;
		h.ai_family = sock_family(mem_u32(t, a[2] + 4));
		h.ai_socktype = (int)mem_u32(t, a[2] + 8);
		h.ai_protocol = (int)mem_u32(t, a[2] + 12);
	}
	mem_put_word(t, a[3], 0);
	int e = getaddrinfo(node, service && !*service ? NULL : service, &h, &list);
	free(node);
	free(service);
	if (e) {
		error_set(t, name_error(e));
		return name_error(e);
	}
	for (const struct addrinfo *i = list; i; i = i->ai_next) {
		u64 at = i->ai_family == AF_INET || i->ai_family == AF_INET6 ? put_info(t, i, wide_text) : 0;
		if (at && last)
			mem_put_word(t, next_slot(t, last), at);
		if (at)
			last = at;
		first = first ? first : at;
	}
	freeaddrinfo(list);
	mem_put_word(t, a[3], first);
	return first ? 0 : HOST_NOT_FOUND_;
}

u64 w_freeaddrinfo(WThread *t, const u64 *a)
{
	u64 next, word = t->wide ? 8 : 4;

	for (u64 at = a[0]; at; at = next) {
		u64 name = mem_word(t, at + 16 + word);
		next = mem_word(t, next_slot(t, at));
		if (name)
			wheap_free(t, name);
		wheap_free(t, at);
	}
	return 0;
}

/* Address, its size, host, room, service, room, flags. */
u64 w_getnameinfo(WThread *t, const u64 *a)
{
	static const int host_flags[] = {NI_NOFQDN, NI_NUMERICHOST, NI_NAMEREQD, NI_NUMERICSERV, NI_DGRAM};
	struct sockaddr_storage at;
	socklen_t n = sock_address(t, a[0], a[1], &at);
	char host[1025] = "", service[64] = "";
	int flags = 0;

	if (!n)
		return SOCK_FAULT;
	for (u32 i = 0; i < COUNT(host_flags); i++)
		flags |= a[6] >> i & 1 ? host_flags[i] : 0;
	int e = getnameinfo((struct sockaddr *)&at, n, a[2] ? host : NULL, a[2] ? sizeof host : 0, a[4] ? service : NULL, a[4] ? sizeof service : 0, flags);
	if (e)
		return name_error(e);
	if (a[2] && out_string(t, a[2], a[3], host) >= a[3])
		return W_INSUFFICIENT_BUFFER;
	if (a[4] && out_string(t, a[4], a[5], service) >= a[5])
		return W_INSUFFICIENT_BUFFER;
	return 0;
}

u64 w_gethostname(WThread *t, const u64 *a)
{
	char name[256];

	if (gethostname(name, sizeof name) != 0)
		return sock_fail_errno(t);
	return out_string(t, a[0], a[1], name) < a[1] ? 0 : sock_fail(t, SOCK_FAULT);
}

/* ---- the older calls, whose answers are the thread's until its next ---------------------------------------- */

/* A block of the thread's own, of its words and bytes. */
static u64 scratch(WThread *t)
{
	if (!t->netdb)
		t->netdb = wheap_zalloc(t, 2048);
	return t->netdb;
}

static u64 put_text(WThread *t, u64 *at, const char *s)
{
	size_t n = strlen(s) + 1;
	u64 here = *at;

	memcpy(mem_out(t, here, n), s, n);
	*at += n;
	return here;
}

/* hostent: name, aliases, family and length (16 bits each), addresses. */
static u64 put_host(WThread *t, const char *name, const struct in_addr *list, u32 n)
{
	u64 at = scratch(t), word = t->wide ? 8 : 4, arrays = at + 64, bytes = at + 512, text = at + 1024;

	n = MIN(n, 32u);
	mem_put_word(t, at, put_text(t, &text, name));
	mem_put_word(t, at + word, arrays);
	mem_put_word(t, arrays, 0);
	st16(mem_out(t, at + 2 * word, 2), AF_INET);
	st16(mem_out(t, at + 2 * word + 2, 2), 4);
	mem_put_word(t, at + (t->wide ? 24 : 12), arrays + word);
	for (u32 i = 0; i < n; i++) {
		memcpy(mem_out(t, bytes + 4 * i, 4), &list[i], 4);
		mem_put_word(t, arrays + word * (i + 1), bytes + 4 * i);
	}
	mem_put_word(t, arrays + word * (n + 1), 0);
	return at;
}

u64 w_gethostbyname(WThread *t, const u64 *a)
{
	struct addrinfo h = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list = NULL;
	struct in_addr v[32];
	char *name = arg_string(t, a, 0), own[256] = "localhost";
	u32 n = 0;

	if (!name || !*name)
		gethostname(own, sizeof own);
	int e = getaddrinfo(name && *name ? name : own, NULL, &h, &list);
	for (const struct addrinfo *i = list; !e && i && n < COUNT(v); i = i->ai_next)
		v[n++] = ((const struct sockaddr_in *)(const void *)i->ai_addr)->sin_addr;
	if (list)
		freeaddrinfo(list);
	u64 r = e ? fail(t, name_error(e)) : put_host(t, name && *name ? name : own, v, n);
	free(name);
	return r;
}

u64 w_gethostbyaddr(WThread *t, const u64 *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	char name[1025];

	if (a[2] != AF_INET || a[1] != 4)
		return fail(t, SOCK_NO_FAMILY);
	memcpy(&in.sin_addr, mem_in(t, a[0], 4), 4);
	int e = getnameinfo((struct sockaddr *)&in, sizeof in, name, sizeof name, NULL, 0, NI_NAMEREQD);
	return e ? fail(t, name_error(e)) : put_host(t, name, &in.sin_addr, 1);
}

/* servent: name, aliases, then port and protocol, which change places with the width. */
static u64 put_service(WThread *t, const struct servent *s)
{
	u64 at = scratch(t), word = t->wide ? 8 : 4, text = at + 1024;

	if (!s)
		return fail(t, 11004);
	mem_put_word(t, at, put_text(t, &text, s->s_name));
	mem_put_word(t, at + word, at + 64);
	mem_put_word(t, at + 64, 0);
	mem_put_word(t, at + (t->wide ? 16 : 12), put_text(t, &text, s->s_proto));
	st16(mem_out(t, at + (t->wide ? 24 : 8), 2), (u16)s->s_port);
	return at;
}

u64 w_getservbyname(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0), *proto = a[1] ? arg_string(t, a, 1) : NULL;
	struct servent s, *found = NULL;
	char buf[1024];

	getservbyname_r(name ? name : "", proto, &s, buf, sizeof buf, &found);
	free(name);
	free(proto);
	return put_service(t, found);
}

u64 w_getservbyport(WThread *t, const u64 *a)
{
	char *proto = a[1] ? arg_string(t, a, 1) : NULL, buf[1024];
	struct servent s, *found = NULL;

	getservbyport_r((int)(u16)a[0], proto, &s, buf, sizeof buf, &found);
	free(proto);
	return put_service(t, found);
}

static const struct { const char *name; u16 number; } protocols[] = {{"ip", 0}, {"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"ipv6", 41}, {"ipv6-icmp", 58}};

static u64 put_protocol(WThread *t, u32 i)
{
	u64 at = scratch(t), word = t->wide ? 8 : 4, text = at + 1024;

	if (i >= COUNT(protocols))
		return fail(t, 11004);
	mem_put_word(t, at, put_text(t, &text, protocols[i].name));
	mem_put_word(t, at + word, at + 64);
	mem_put_word(t, at + 64, 0);
	st16(mem_out(t, at + 2 * word, 2), protocols[i].number);
	return at;
}

u64 w_getprotobyname(WThread *t, const u64 *a)
{
	char *name = arg_string(t, a, 0);
	u32 i = 0;

	while (i < COUNT(protocols) && strcmp(protocols[i].name, name ? name : "") != 0)
		i++;
	free(name);
	return put_protocol(t, i);
}

u64 w_getprotobynumber(WThread *t, const u64 *a)
{
	u32 i = 0;

	while (i < COUNT(protocols) && protocols[i].number != a[0])
		i++;
	return put_protocol(t, i);
}

/* ---- addresses as text ---------------------------------------------------------------------------------------- */

u64 w_inet_addr(WThread *t, const u64 *a)
{
	char *s = arg_string(t, a, 0);
	struct in_addr in;
	bool ok = s && inet_aton(s, &in);

	free(s);
	return ok ? ld32((u8 *)&in.s_addr) : 0xffffffff;
}

u64 w_inet_ntoa(WThread *t, const u64 *a)
{
	u64 at = scratch(t) + 1900;
	char s[32];
	u8 v[4];

	st32(v, (u32)a[0]);
	snprintf(s, sizeof s, "%u.%u.%u.%u", v[0], v[1], v[2], v[3]);
	put_text(t, &(u64){at}, s);
	return at;
}

/* Family, address, text, room. */
u64 w_inet_ntop(WThread *t, const u64 *a)
{
	int family = sock_family((u32)a[0]);
	char s[INET6_ADDRSTRLEN];

	if (family != AF_INET && family != AF_INET6)
		return fail(t, SOCK_NO_FAMILY);
	inet_ntop(family, mem_in(t, a[1], family == AF_INET ? 4 : 16), s, sizeof s);
	return out_string(t, a[2], a[3], s) < a[3] ? a[2] : fail(t, W_INVALID_PARAMETER);
}

u64 w_inet_pton(WThread *t, const u64 *a)
{
	int family = sock_family((u32)a[0]);
	char *s = arg_string(t, a, 1);
	u8 raw[16];

	if ((family != AF_INET && family != AF_INET6) || !s) {
		free(s);
		return sock_fail(t, SOCK_NO_FAMILY);
	}
	int ok = inet_pton(family, s, raw);
	free(s);
	if (ok == 1)
		memcpy(mem_out(t, a[2], family == AF_INET ? 4 : 16), raw, family == AF_INET ? 4 : 16);
	return ok == 1;
}

/* Address, its size, protocol, text, where its size is; with a port if there is one. */
u64 w_WSAAddressToString(WThread *t, const u64 *a)
{
	struct sockaddr_storage at;
	socklen_t n = sock_address(t, a[0], a[1], &at);
	char host[64], service[16], s[96];

	if (!n || getnameinfo((struct sockaddr *)&at, n, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return sock_fail(t, SOCK_INVALID);
	bool six = at.ss_family == AF_INET6, port = strcmp(service, "0") != 0;
	snprintf(s, sizeof s, "%s%s%s%s%s", six && port ? "[" : "", host, six && port ? "]" : "", port ? ":" : "", port ? service : "");
	u32 room = mem_u32(t, a[4]);
	u64 len = out_string(t, a[3], room, s);
	mem_put_u32(t, a[4], (u32)len + 1);
	return len < room ? 0 : sock_fail(t, SOCK_FAULT);
}

/* ---- protocols --------------------------------------------------------------------------------------------------- */

/* WSAPROTOCOL_INFO: what the system's own four can. */
static u64 enum_protocols(WThread *t, const u64 *a, u32 unit)
{
	static const struct { u16 family, kind, protocol, least, most; u32 flags; const char *name; } all[] = {
		{2, 1, 6, 16, 16, 0x20066, "MSAFD Tcpip [TCP/IP]"}, {2, 2, 17, 16, 16, 0x20609, "MSAFD Tcpip [UDP/IP]"},
		{23, 1, 6, 28, 28, 0x20066, "MSAFD Tcpip [TCP/IPv6]"}, {23, 2, 17, 28, 28, 0x20609, "MSAFD Tcpip [UDP/IPv6]"}
	};
	u32 size = 116 + 256 * unit, need = size * COUNT(all), room = mem_u32(t, a[2]);

	mem_put_u32(t, a[2], need);
	if (!a[1] || room < need)
		return sock_fail(t, SOCK_NO_BUFFERS);
	u8 *p = mem_out(t, a[1], need);
	memset(p, 0, need);
	for (u32 i = 0; i < COUNT(all); i++, p += size) {
		st32(p, all[i].flags);
		st32(p + 16, 8);
		st32(p + 36, 1001 + i);
		st32(p + 40, 1);
		const u32 tail[] = {2, all[i].family, all[i].most, all[i].least, all[i].kind, all[i].protocol};
		for (u32 k = 0; k < COUNT(tail); k++)
			st32(p + 72 + 4 * k, tail[k]);
		if (unit == 2)
			text_to_wide(all[i].name, strlen(all[i].name), p + 116, 255);
		else
			memcpy(p + 116, all[i].name, strlen(all[i].name));
	}
	return COUNT(all);
}

u64 w_WSAEnumProtocolsA(WThread *t, const u64 *a) { return enum_protocols(t, a, 1); }
u64 w_WSAEnumProtocolsW(WThread *t, const u64 *a) { return enum_protocols(t, a, 2); }
