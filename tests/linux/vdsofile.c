/* The vDSO as a file: what programs that read it themselves (Go's) look for -- versions and their names, and for unwinders
 * its tables. */
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <sys/auxv.h>

int main(void)
{
	const char *base = (const char *)getauxval(AT_SYSINFO_EHDR), *strings = NULL;
	const ElfW(Ehdr) *h = (const void *)base;
	const ElfW(Phdr) *p = (const void *)(base + h->e_phoff);
	const ElfW(Dyn) *d = NULL;
	const ElfW(Verdef) *v = NULL;
	unsigned n = 0, versym = 0, tables = 0;

	for (int i = 0; i < h->e_phnum; i++) {
		tables |= p[i].p_type == PT_GNU_EH_FRAME && base[p[i].p_offset] == 1;
		if (p[i].p_type == PT_DYNAMIC)
			d = (const void *)(base + p[i].p_offset);
	}
	for (; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_STRTAB)
			strings = base + (d->d_un.d_ptr & 0xffff);
		else if (d->d_tag == DT_VERDEF)
			v = (const void *)(base + (d->d_un.d_ptr & 0xffff));
		else if (d->d_tag == DT_VERDEFNUM)
			n = d->d_un.d_val;
		else if (d->d_tag == DT_VERSYM)
			versym = 1;
	}
	printf("%u %u %u\n", n, versym, tables);
	for (;; v = (const void *)((const char *)v + v->vd_next)) {
		const ElfW(Verdaux) *a = (const void *)((const char *)v + v->vd_aux);
		printf("%u %u %u %x %s\n", v->vd_version, v->vd_flags, v->vd_ndx, v->vd_hash, strings + a->vda_name);
		if (!v->vd_next)
			return 0;
	}
}
