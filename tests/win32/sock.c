/* Sockets on the loopback: blocking, not blocking, select, polls, events, overlapped with a port, names. */
#define _WIN32_WINNT 0x0a00
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

static struct sockaddr_in here;

static SOCKET listener(void)
{
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
	int n = sizeof here;

	memset(&here, 0, sizeof here);
	here.sin_family = AF_INET;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	printf("bind %d", bind(s, (struct sockaddr *)&here, sizeof here));
	printf(" listen %d", listen(s, 5));
	printf(" name %d", getsockname(s, (struct sockaddr *)&here, &n));
	printf(" %d port %d\n", n, here.sin_port != 0);
	return s;
}

static DWORD WINAPI client(void *arg)
{
	SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	char buf[100];

	connect(s, (struct sockaddr *)&here, sizeof here);
	send(s, "hello", 5, 0);
	int n = recv(s, buf, sizeof buf, 0);
	send(s, buf, n, 0);
	shutdown(s, SD_SEND);
	recv(s, buf, sizeof buf, 0);
	closesocket(s);
	return n;
}

static void blocking(SOCKET l)
{
	HANDLE t = CreateThread(NULL, 0, client, NULL, 0, NULL);
	struct sockaddr_in from;
	int n = sizeof from, v = 1, size = sizeof v;
	char buf[100];
	DWORD code;
	SOCKET s = accept(l, (struct sockaddr *)&from, &n);

	printf("accept %d family %d from here %d", s != INVALID_SOCKET, from.sin_family, from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	printf(" option %d", setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&v, sizeof v));
	v = 0;
	getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&v, &size);
	printf(" %d", v);
	v = 1500;
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&v, sizeof v);
	v = 0;
	getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&v, &size);
	printf(" %d\n", v);
	n = recv(s, buf, sizeof buf, MSG_PEEK);
	n = recv(s, buf, sizeof buf, 0);
	printf("received %d %.*s", n, n, buf);
	printf(" sent %d", send(s, "an answer", 9, 0));
	for (n = 0; n < 9;)
		n += recv(s, buf + n, sizeof buf - n, 0);
	printf(" back %d, end %d\n", n, recv(s, buf, sizeof buf, 0));
	closesocket(s);
	WaitForSingleObject(t, INFINITE);
	GetExitCodeThread(t, &code);
	printf("client %lu", code);
	printf(" closed %d", recv(s, buf, 1, 0));
	printf(" %d\n", WSAGetLastError());
}

static void not_blocking(SOCKET l)
{
	SOCKET c = socket(AF_INET, SOCK_STREAM, 0), s;
	u_long on = 1, left = 0;
	struct timeval tv = {5, 0}, none = {0, 1000};
	fd_set r, w, e;
	char buf[100];

	ioctlsocket(c, FIONBIO, &on);
	int n = connect(c, (struct sockaddr *)&here, sizeof here);
	printf("connect %d %d\n", n, WSAGetLastError());
	FD_ZERO(&w);
	FD_SET(c, &w);
	printf("select %d", select(0, NULL, &w, NULL, &tv));
	printf(" set %d\n", FD_ISSET(c, &w));
	s = accept(l, NULL, NULL);
	n = recv(c, buf, sizeof buf, 0);
	printf("nothing %d %d\n", n, WSAGetLastError());
	FD_ZERO(&r);
	FD_SET(c, &r);
	FD_SET(s, &r);
	n = select(0, &r, NULL, NULL, &none);
	printf("not ready %d count %d\n", n, r.fd_count);
	send(s, "four", 4, 0);
	FD_ZERO(&r);
	FD_SET(s, &r);
	FD_SET(c, &r);
	n = select(0, &r, NULL, NULL, &tv);
	printf("ready %d: %d, %d", n, !FD_ISSET(s, &r), FD_ISSET(c, &r) != 0);
	ioctlsocket(c, FIONREAD, &left);
	printf(" %lu bytes\n", left);
	WSAPOLLFD p[2] = {{c, POLLRDNORM | POLLWRNORM}, {s, POLLRDNORM}};
	n = WSAPoll(p, 2, 1000);
	printf("poll %d %x %x\n", n, p[0].revents, p[1].revents);
	closesocket(s);
	closesocket(c);
	/* Nobody listens there. */
	SOCKET d = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in none_there = here;
	int len = sizeof none_there;
	none_there.sin_port = 0;
	bind(d, (struct sockaddr *)&none_there, sizeof none_there);
	getsockname(d, (struct sockaddr *)&none_there, &len);
	c = socket(AF_INET, SOCK_STREAM, 0);
	n = connect(c, (struct sockaddr *)&none_there, sizeof none_there);
	printf("refused %d %d\n", n, WSAGetLastError());
	closesocket(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	ioctlsocket(c, FIONBIO, &on);
	connect(c, (struct sockaddr *)&none_there, sizeof none_there);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(c, &w);
	FD_SET(c, &e);
	n = select(0, NULL, &w, &e, &tv);
	len = sizeof n;
	int code = 0;
	printf("failed %d: %d %d", n, FD_ISSET(c, &w), FD_ISSET(c, &e) != 0);
	getsockopt(c, SOL_SOCKET, SO_ERROR, (char *)&code, &len);
	printf(" %d\n", code);
	closesocket(c);
	closesocket(d);
}

static void events(SOCKET l)
{
	WSAEVENT e = WSACreateEvent();
	WSANETWORKEVENTS ne;
	SOCKET c = socket(AF_INET, SOCK_STREAM, 0), s;
	char buf[10];

	printf("event %d", WSAEventSelect(l, e, FD_ACCEPT));
	printf(" early %d", WSAWaitForMultipleEvents(1, &e, FALSE, 10, FALSE) == WSA_WAIT_TIMEOUT);
	connect(c, (struct sockaddr *)&here, sizeof here);
	printf(" came %lu", WSAWaitForMultipleEvents(1, &e, FALSE, 5000, FALSE));
	WSAEnumNetworkEvents(l, e, &ne);
	printf(" %lx", ne.lNetworkEvents);
	s = accept(l, NULL, NULL);
	WSAEventSelect(l, NULL, 0);
	u_long off = 0;
	ioctlsocket(l, FIONBIO, &off);
	WSAEventSelect(s, e, FD_READ | FD_CLOSE);
	send(c, "abc", 3, 0);
	printf(" came %lu", WSAWaitForMultipleEvents(1, &e, FALSE, 5000, FALSE));
	WSAEnumNetworkEvents(s, e, &ne);
	printf(" %lx", ne.lNetworkEvents);
	printf(" read %d", recv(s, buf, sizeof buf, 0));
	closesocket(c);
	printf(" came %lu", WSAWaitForMultipleEvents(1, &e, FALSE, 5000, FALSE));
	WSAEnumNetworkEvents(s, e, &ne);
	printf(" %lx\n", ne.lNetworkEvents);
	closesocket(s);
	WSACloseEvent(e);
}

static void overlapped(SOCKET l)
{
	GUID accept_id = WSAID_ACCEPTEX, connect_id = WSAID_CONNECTEX;
	LPFN_ACCEPTEX accept_ex = NULL;
	LPFN_CONNECTEX connect_ex = NULL;
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0), c = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
	OVERLAPPED oa = {0}, oc = {0}, or = {0}, os = {0}, *done;
	char names[100], buf[50];
	struct sockaddr_in any = {AF_INET};
	DWORD n, flags = 0, got = 0;
	ULONG_PTR key;

	WSAIoctl(l, SIO_GET_EXTENSION_FUNCTION_POINTER, &accept_id, sizeof accept_id, &accept_ex, sizeof accept_ex, &n, NULL, NULL);
	WSAIoctl(l, SIO_GET_EXTENSION_FUNCTION_POINTER, &connect_id, sizeof connect_id, &connect_ex, sizeof connect_ex, &n, NULL, NULL);
	printf("functions %d %d\n", accept_ex != NULL, connect_ex != NULL);
	CreateIoCompletionPort((HANDLE)l, port, 1, 0);
	CreateIoCompletionPort((HANDLE)s, port, 2, 0);
	CreateIoCompletionPort((HANDLE)c, port, 3, 0);
	int ok = accept_ex(l, s, names, 0, sizeof any + 16, sizeof any + 16, &n, &oa);
	printf("accept %d %d\n", ok, WSAGetLastError());
	bind(c, (struct sockaddr *)&any, sizeof any);
	ok = connect_ex(c, (struct sockaddr *)&here, sizeof here, NULL, 0, NULL, &oc);
	if (!ok && WSAGetLastError() != ERROR_IO_PENDING)
		printf("connect %d\n", WSAGetLastError());
	for (int i = 0; i < 2; i++) {
		ok = GetQueuedCompletionStatus(port, &n, &key, &done, 5000);
		got |= ok && done == (key == 1 ? &oa : &oc) ? 1 << key : 0;
	}
	printf("both %lx", got);
	setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&l, sizeof l);
	setsockopt(c, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
	WSABUF b = {sizeof buf, buf}, out[2] = {{4, "two "}, {5, "parts"}};
	int r = WSARecv(s, &b, 1, NULL, &flags, &or, NULL);
	printf(" receive %d %d\n", r, WSAGetLastError());
	r = WSASend(c, out, 2, NULL, 0, &os, NULL);
	got = 0;
	for (int i = 0; i < 2; i++) {
		ok = GetQueuedCompletionStatus(port, &n, &key, &done, 5000);
		got |= ok && n == 9 && done == (key == 2 ? &or : &os) ? 1 << key : 0;
	}
	printf("both %lx %.9s\n", got, buf);
	memset(&or, 0, sizeof or);
	WSARecv(s, &b, 1, NULL, &flags, &or, NULL);
	printf("cancel %d", CancelIoEx((HANDLE)s, &or));
	ok = GetQueuedCompletionStatus(port, &n, &key, &done, 5000);
	printf(" %d %lu %d\n", ok, GetLastError(), done == &or);
	memset(&or, 0, sizeof or);
	WSARecv(s, &b, 1, NULL, &flags, &or, NULL);
	closesocket(c);
	ok = GetQueuedCompletionStatus(port, &n, &key, &done, 5000);
	printf("end %d %lu\n", ok, n);
	closesocket(s);
}

static void datagrams(void)
{
	SOCKET a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	struct sockaddr_in to = {AF_INET}, from;
	int n = sizeof to;
	char buf[4];

	to.sin_addr.s_addr = inet_addr("127.0.0.1");
	bind(a, (struct sockaddr *)&to, sizeof to);
	getsockname(a, (struct sockaddr *)&to, &n);
	printf("sent %d", sendto(b, "abc", 3, 0, (struct sockaddr *)&to, sizeof to));
	n = sizeof from;
	printf(" received %d", recvfrom(a, buf, sizeof buf, 0, (struct sockaddr *)&from, &n));
	printf(" %s", inet_ntoa(from.sin_addr));
	sendto(b, "too long", 8, 0, (struct sockaddr *)&to, sizeof to);
	n = recv(a, buf, sizeof buf, 0);
	printf(" long %d %d %.4s\n", n, WSAGetLastError(), buf);
	closesocket(a);
	closesocket(b);
}

static void names(void)
{
	struct addrinfo hints = {AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM}, *list = NULL;
	char text[100];
	u_char raw[16];

	printf("info %d", getaddrinfo("::1", "80", &hints, &list));
	struct sockaddr_in6 *six = (void *)list->ai_addr;
	printf(" %d %d %d", list->ai_family, (int)list->ai_addrlen, ntohs(six->sin6_port));
	printf(" name %d", getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST));
	printf(" %s", text);
	freeaddrinfo(list);
	printf(" none %d\n", getaddrinfo("not.a.number", NULL, &hints, &list));
	printf("pton %d %d", inet_pton(AF_INET, "1.2.3.4", raw), inet_pton(AF_INET, "1.2.3", raw));
	printf(" ntop %s", inet_ntop(AF_INET, raw, text, sizeof text));
	printf(" six %d", inet_pton(AF_INET6, "fe80::1", raw));
	printf(" %s\n", inet_ntop(AF_INET6, raw, text, sizeof text));
	struct hostent *h = gethostbyname("127.0.0.1");
	printf("host %d %d %d\n", h != NULL, h->h_addrtype, h->h_addr_list[0][0]);
	printf("family %d", (int)socket(99, SOCK_STREAM, 0));
	printf(" %d bytes %x %lx\n", WSAGetLastError(), htons(0x1234), htonl(0x12345678));
}

int main(void)
{
	WSADATA d;

	setvbuf(stdout, NULL, _IONBF, 0);
	printf("start %d version %x\n", WSAStartup(MAKEWORD(2, 2), &d), d.wVersion);
	SOCKET l = listener();
	blocking(l);
	not_blocking(l);
	events(l);
	overlapped(l);
	datagrams();
	names();
	closesocket(l);
	WSACleanup();
	return 0;
}
