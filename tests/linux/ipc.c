/* System V's and POSIX's shared memory, semaphores and messages. */
#include "show.h"
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>

static void memory(void)
{
	int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
	struct shmid_ds ds;

	ok("shmget", id);
	char *p = shmat(id, NULL, 0), *q = shmat(id, NULL, SHM_RDONLY);
	printf("attached %d %d\n", p != (void *)-1, q != (void *)-1);
	strcpy(p, "shared");
	puts(q);
	if (fork() == 0) {
		strcpy(p, "from the child");
		_exit(shmdt(p) ? 1 : 0);
	}
	int status;
	wait(&status);
	printf("child %d: %s\n", status, q);
	show("stat", shmctl(id, IPC_STAT, &ds));
	printf("%ld bytes, %ld attached, mode %o, mine %d, times %d %d\n", (long)ds.shm_segsz, (long)ds.shm_nattch, ds.shm_perm.mode,
		ds.shm_cpid == getpid(), ds.shm_atime > 1000000, ds.shm_ctime > 1000000);
	ds.shm_perm.mode = 0640;
	show("set", shmctl(id, IPC_SET, &ds));
	shmctl(id, IPC_STAT, &ds);
	printf("mode %o\n", ds.shm_perm.mode);
	struct shminfo info;
	ok("info", shmctl(0, IPC_INFO, (void *)&info));
	printf("%ld\n", (long)info.shmmni);
	show("dt", shmdt(p));
	show("dt again", shmdt(p));
	/* Over a mapping, at a place of one's own. */
	char *at = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("over %d\n", shmat(id, at, SHM_REMAP) == at);
	puts(at);
	printf("taken %d ", shmat(id, at, 0) == (void *)-1);
	puts(strerrorname_np(errno));
	printf("rounded %d\n", shmat(id, q + 0x100, SHM_RND | SHM_REMAP | SHM_RDONLY) == q);
	show("dt", shmdt(at));
	show("dt", shmdt(q));
	show("rmid", shmctl(id, IPC_RMID, NULL));
	show("gone", shmctl(id, IPC_STAT, &ds));
	show("bad", shmctl(id, IPC_STAT, (void *)8));
}

static void semaphores(void)
{
	int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
	unsigned short all[3] = {4, 5, 6}, got[3];
	struct semid_ds ds;
	struct sembuf ops[2] = {{0, -2, 0}, {1, 3, SEM_UNDO}}, stuck = {2, -100, 0};
	struct timespec ts = {0, 1000000};

	ok("semget", id);
	show("setall", semctl(id, 0, SETALL, all));
	show("op", semop(id, ops, 2));
	show("getall", semctl(id, 0, GETALL, got));
	printf("%d %d %d\n", got[0], got[1], got[2]);
	show("setval", semctl(id, 1, SETVAL, 42));
	show("getval", semctl(id, 1, GETVAL));
	printf("getpid %d\n", semctl(id, 0, GETPID) == getpid());
	show("timed", semtimedop(id, &stuck, 1, &ts));
	stuck.sem_flg = IPC_NOWAIT;
	show("nowait", semop(id, &stuck, 1));
	show("stat", semctl(id, 0, IPC_STAT, &ds));
	printf("%ld of mode %o, time %d\n", (long)ds.sem_nsems, ds.sem_perm.mode, ds.sem_otime > 1000000);
	struct seminfo info;
	ok("info", semctl(0, 0, IPC_INFO, &info));
	printf("%d\n", info.semmsl);
	show("bad ops", semop(id, (void *)8, 1));
	show("none", semop(id, ops, 0));
	show("rmid", semctl(id, 0, IPC_RMID));
	show("gone", semop(id, ops, 1));
}

static void messages(void)
{
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	struct { long type; char text[32]; } m = {5, "five"}, n = {0};
	struct msqid_ds ds;

	ok("msgget", id);
	show("snd", msgsnd(id, &m, 5, 0));
	m.type = 7;
	strcpy(m.text, "seven");
	show("snd", msgsnd(id, &m, 6, 0));
	show("stat", msgctl(id, IPC_STAT, &ds));
	printf("%ld messages of %ld bytes, most %ld\n", (long)ds.msg_qnum, (long)ds.__msg_cbytes, (long)ds.msg_qbytes);
	show("too big", msgrcv(id, &n, 2, 7, IPC_NOWAIT));
	show("cut", msgrcv(id, &n, 2, 7, MSG_NOERROR));
	printf("%ld %.2s\n", n.type, n.text);
	show("any", msgrcv(id, &n, 32, 0, 0));
	printf("%ld %s\n", n.type, n.text);
	show("none", msgrcv(id, &n, 32, 0, IPC_NOWAIT));
	m.type = 0;
	show("type 0", msgsnd(id, &m, 1, 0));
	show("bad", msgsnd(id, (void *)8, 1, 0));
	m.type = 1;
	msgsnd(id, &m, 1, 0);
	show("least", msgrcv(id, &n, 32, -3, 0));
	show("rmid", msgctl(id, IPC_RMID, NULL));
	show("gone", msgctl(id, IPC_STAT, &ds));
}

static void on_notify(int sig, siginfo_t *si, void *c)
{
	printf("notified %d code %d value %d\n", sig == SIGRTMIN, si->si_code, si->si_value.sival_int);
}

static void queues(void)
{
	struct mq_attr a = {.mq_maxmsg = 4, .mq_msgsize = 64}, b;
	char name[64], text[64] = "";
	unsigned prio = 0;
	struct timespec past = {1, 0};
	struct sigaction sa = {.sa_sigaction = on_notify, .sa_flags = SA_SIGINFO};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 77};

	sigaction(SIGRTMIN, &sa, NULL);
	sprintf(name, "/pvm-test-%d", getpid());
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a);
	ok("mq_open", q);
	show("notify", mq_notify(q, &ev));
	show("send", mq_send(q, "low", 4, 1));
	show("send", mq_send(q, "high", 5, 9));
	show("getattr", mq_getattr(q, &b));
	printf("%ld %ld %ld %ld\n", b.mq_flags, b.mq_maxmsg, b.mq_msgsize, b.mq_curmsgs);
	show("receive", mq_receive(q, text, 64, &prio));
	printf("%s %u\n", text, prio);
	show("receive", mq_receive(q, text, 64, &prio));
	printf("%s %u\n", text, prio);
	show("timed", mq_timedreceive(q, text, 64, &prio, &past));
	show("small", mq_receive(q, text, 3, &prio));
	b.mq_flags = O_NONBLOCK;
	show("setattr", mq_setattr(q, &b, &a));
	show("nonblock", mq_receive(q, text, 64, &prio));
	show("unlink", mq_unlink(name));
	show("unlink", mq_unlink(name));
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	memory();
	semaphores();
	messages();
	queues();
	return 0;
}
