#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 40000, RUNS = 150, BUFSIZE = 3 };

enum kind { IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B };

typedef struct packet {
	struct packet *next;
	enum kind id;
	bool work;
	int datum;
	int data[BUFSIZE + 1];
} packet;

static struct task {
	int next;
	packet *queue;
	bool waiting, held, pending;
	int v1, v2;
	packet *works, *devices;
} tasks[6];

static enum kind order[7], current;
static int queued, holds;

static void append(packet *p, packet **list)
{
	packet *q;
	p->next = NULL;
	if (!*list) {
		*list = p;
		return;
	}
	for (q = *list; q->next; q = q->next)
		;
	q->next = p;
}

static void sendp(packet *p)
{
	enum kind t = p->id;
	p->id = current;
	queued++;
	append(p, &tasks[t].queue);
	tasks[t].pending = true;
}

static void run_idle(void)
{
	struct task *t = &tasks[IDLE];
	if (--t->v2 == 0) {
		t->held = true;
		holds++;
	} else if (t->v1 & 1) {
		t->v1 = t->v1 / 2 + 53256;
		if (t->v1 > 65535)
			t->v1 -= 65536;
		tasks[DEVICE_B].held = false;
	} else {
		t->v1 /= 2;
		tasks[DEVICE_A].held = false;
	}
}

static void run_worker(packet *p)
{
	struct task *t = &tasks[WORKER];
	if (!p) {
		t->waiting = true;
		return;
	}
	if (t->v1 == 0) {
		t->v1 = 1;
		p->id = HANDLER_A;
	} else {
		t->v1 = 0;
		p->id = HANDLER_B;
	}
	p->datum = 0;
	for (int i = 0; i <= BUFSIZE; i++) {
		if (++t->v2 > 26)
			t->v2 = 1;
		p->data[i] = 'A' + t->v2 - 1;
	}
	sendp(p);
}

static void run_handler(packet *p, enum kind me, enum kind device)
{
	struct task *t = &tasks[me];
	packet *w, *d;
	if (p)
		append(p, p->work ? &t->works : &t->devices);
	w = t->works;
	if (!w) {
		t->waiting = true;
	} else if (w->datum > BUFSIZE) {
		t->works = w->next;
		w->id = WORKER;
		sendp(w);
	} else if (!(d = t->devices)) {
		t->waiting = true;
	} else {
		t->devices = d->next;
		d->id = device;
		d->datum = w->data[w->datum++];
		sendp(d);
	}
}

static void run_device(packet *p, enum kind me, enum kind handler)
{
	struct task *t = &tasks[me];
	if (p) {
		t->works = p;
		t->held = true;
		holds++;
	} else if (!t->works) {
		t->waiting = true;
	} else {
		p = t->works;
		t->works = NULL;
		p->id = handler;
		sendp(p);
	}
}

static void dispatch(enum kind k)
{
	struct task *t = &tasks[k];
	packet *p = NULL;
	current = k;
	if (t->pending) {
		p = t->queue;
		t->queue = p->next;
		t->pending = t->queue != NULL;
		t->waiting = false;
	}
	switch (k) {
	case IDLE: run_idle(); break;
	case WORKER: run_worker(p); break;
	case HANDLER_A: run_handler(p, HANDLER_A, DEVICE_A); break;
	case HANDLER_B: run_handler(p, HANDLER_B, DEVICE_B); break;
	case DEVICE_A: run_device(p, DEVICE_A, HANDLER_A); break;
	case DEVICE_B: run_device(p, DEVICE_B, HANDLER_B); break;
	}
}

static void schedule(void)
{
	int k = 1;
	while (k > 0) {
		struct task *t = &tasks[order[k]];
		if (t->held || (t->waiting && !t->pending)) {
			k = t->next;
		} else {
			dispatch(order[k]);
			k = 1;
		}
	}
}

static void give(enum kind t, enum kind owner, bool work)
{
	packet *p = malloc(sizeof *p);
	p->id = owner;
	p->work = work;
	p->datum = 0;
	append(p, &tasks[t].queue);
	tasks[t].pending = true;
}

static void start(void)
{
	static const enum kind by_priority[] = { DEVICE_B, DEVICE_A, HANDLER_B, HANDLER_A, WORKER, IDLE };
	for (int t = IDLE; t <= DEVICE_B; t++)
		tasks[t] = (struct task){ .waiting = t != IDLE };
	for (int i = 1; i <= 6; i++) {
		order[i] = by_priority[i - 1];
		tasks[order[i]].next = (i + 1) % 7;
	}
	tasks[IDLE].v1 = 1;
	tasks[IDLE].v2 = ROUNDS;
	for (int i = 0; i < 2; i++)
		give(WORKER, WORKER, true);
	for (int i = 0; i < 3; i++) {
		give(HANDLER_A, DEVICE_A, false);
		give(HANDLER_B, DEVICE_B, false);
	}
	queued = holds = 0;
}

int main(void)
{
	for (int i = 0; i < RUNS; i++) {
		start();
		schedule();
	}
	printf("%d %d\n", queued, holds);
}
