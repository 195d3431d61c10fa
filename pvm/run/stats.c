/* What --stats prints. */
#include "task.h"

#include <sys/resource.h>

static double ms(u64 ns)
{
	return (double)ns / 1e6;
}

void task_stats(Task *t, FILE *out)
{
	static const char *const names[] = {"auto", "interp", "eval", "jit"};
	struct rusage ru = {0};
	const char *why;

	getrusage(RUSAGE_SELF, &ru);
	fprintf(out, "exec            %s, level %d, hot after %d\n", names[t->o.exec], t->o.opt, t->o.hot);
	fprintf(out, "time            %.3f ms since the Task was made\n", ms(pipeline_now() - t->stat.start));
	fprintf(out, "functions       %u in the module, %llu translated, %llu loop entries\n", t->m->nfunc,
		(unsigned long long)t->stat.functions, (unsigned long long)t->stat.loops);
	fprintf(out, "stages          lower %.3f ms, optimise %.3f ms, back end %.3f ms\n",
		ms(t->stat.lower), ms(t->stat.opt), ms(t->stat.back));
	fprintf(out, "code            %llu bytes\n", (unsigned long long)jit_code_bytes(t));
	fprintf(out, "guest memory    %llu bytes in use\n", (unsigned long long)t->thread->r.mem_size);
	fprintf(out, "host memory     %ld KiB at most\n", ru.ru_maxrss);
	if (t->thread->env.steps)
		fprintf(out, "steps           %llu\n", (unsigned long long)t->thread->env.steps);
	if (t->thread->eval.steps)
		fprintf(out, "eval steps      %llu\n", (unsigned long long)t->thread->eval.steps);
	u32 n = jit_refused(t, &why);
	if (n)
		fprintf(out, "not compiled    %u times, first: %s\n", n, why);
}
