# needs: strace gcc
# widths: 64
# Addresses, process numbers, times and random bytes are masked; rseq is a call that pvm does not have.
mask() { sed -E 's/^\[?(pid +)?[0-9]+\]? +//; s/0x[0-9a-f]{5,}/ADDR/g; s/ +=( [-0-9?A]|$)/ =\1/g; s/st_size=[0-9]+/st_size=N/; s/si_(u|s)time=[^,}]*/si_\1time=N/g; s/si_pid=[0-9]+/si_pid=N/; s/\b[0-9]{4,7}\b/N/g; s/^((set_tid_address|gettid|getpid|fork|vfork|clone|clone3|wait4|tgkill)\(.*= )[0-9]+/\1N/; s/^tgkill\([0-9]+, [0-9]+/tgkill(N, N/; s/wait4\([0-9]+/wait4(N/; s/getrandom\("[^"]*"/getrandom("R"/; s/\/\* [0-9]+ vars \*\//VARS/; /^rseq/d; s/^--- (.*) ---$/signal: \1/' "$1"; }
cat >a.c <<'END'
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static void h(int s) { }
int main(int argc, char **argv)
{
	int p[2], st;
	char b[100];
	struct sigaction sa = {.sa_handler = h, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	pipe(p);
	struct pollfd f = {p[0], POLLIN};
	poll(&f, 1, 5);
	write(p[1], "hello", 5);
	read(p[0], b, sizeof b);
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	send(p[0], "x", 1, MSG_DONTWAIT);
	nanosleep(&(struct timespec){0, 1000}, NULL);
	void *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(m, 8192);
	alarm(1);
	pause();
	return 3;
}
END
sed -i 's/alarm(1);/signal(SIGALRM, h); alarm(1);/' a.c
gcc -O1 -w -o a a.c
echo "--- one program"
strace -o o ./a; echo $?; mask o
echo "--- its time, counts and strings"
strace -c -o o ./a; awk 'NR > 2 { print $NF }' o | grep -v rseq | sort; strace -e trace=write,read -s 3 -o o ./a; mask o | tail -4; strace -y -e trace=read,close -o o cat a.c >/dev/null 2>&1; mask o
echo "--- signals that are default, ignored and deadly"
cat >s.c <<'END'
#include <signal.h>
#include <unistd.h>
int main(void) { signal(SIGHUP, SIG_IGN); raise(SIGHUP); raise(SIGCHLD); raise(SIGWINCH); *(volatile int *)8 = 1; return 0; }
END
gcc -O1 -w -o s s.c; strace -o o ./s; echo $?; mask o | tail -16
echo "--- children"
cat >f.c <<'END'
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	int st;
	for (int i = 0; i < 3; i++) {
		pid_t p = i == 2 ? vfork() : fork();
		if (p == 0) {
			if (i == 1)
				execl("/bin/echo", "echo", "child", NULL);
			_exit(i);
		}
		waitpid(p, &st, 0);
	}
	return 0;
}
END
gcc -O1 -w -o f f.c; strace -ff -o ff ./f; ls ff.* | wc -l; for i in $(ls ff.* | sort -t. -k2n); do echo "a process:"; mask $i | grep -v '^signal: SIGCHLD'; done
echo "--- threads"
cat >t.c <<'END'
#include <pthread.h>
#include <unistd.h>
static void *w(void *p) { write(1, "w\n", 2); return p; }
int main(void) { pthread_t t[3]; for (int i = 0; i < 3; i++) { pthread_create(&t[i], NULL, w, NULL); pthread_join(t[i], NULL); } return 0; }
END
gcc -O1 -w -pthread -o t t.c; strace -ff -e trace=write,exit_group,exit -o tt ./t; echo $?; for i in tt.*; do mask $i; done
echo "--- a pipeline of a shell"
strace -ff -e trace=execve,exit_group,dup2 -o pp sh -c 'echo a b | tr a-z A-Z | cat'; for i in pp.*; do mask $i; done | grep -v '^signal' | sort
echo "--- attached"
sleep 100 & p=$!; sleep 0.2; strace -p $p -o o 2>err & s=$!; sleep 0.5; kill $p; wait $p; echo $?; wait $s; sed 's/[0-9][0-9]*/N/' err; mask o | sed 's/tv_sec=[0-9]*, tv_nsec=[0-9]*/T/; s/resuming.*>/>/'
echo "--- a program for i386"
cat >i.c <<'END'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) { struct stat st; int p[2]; pipe(p); write(p[1], "abc", 3); signal(SIGUSR1, SIG_IGN); raise(SIGUSR1); stat("/nowhere/x", &st); lseek(open("/dev/zero", O_RDONLY), 5, SEEK_SET); return 6; }
END
if i686-linux-gnu-gcc -O1 -w -static -o i i.c 2>/dev/null; then strace -o o ./i; echo $?; mask o; fi
