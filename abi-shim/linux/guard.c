/* Landlock: rules are the kernel's.  They hold for the machine as well as for its guest, so the files of the machine
 * itself, which it needs to execute the guest's programs, are added to what stays allowed. */
#include "layouts.h"

#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RULE_PATH_BENEATH = 1, FS_EXECUTE = 1, FS_READ_FILE = 4 };

i64 guard_create_ruleset(LThread *t, const u64 *a)
{
	struct LRuleset rules = {0};
	u8 raw[16] = {0};

	if (a[2] || !a[0])
		return HOST(t, SYS_landlock_create_ruleset, 0, a[1], a[2]);
	if (a[1] < 8)
		return -EINVAL;
	if (a[1] > GUEST_PAGE)
		return -E2BIG;
	if (!xguest_read(t->x, a[0], raw, MIN(a[1], sizeof raw)))
		return -EFAULT;
	layout_get(LK_ruleset, true, raw, &rules);
	return HOST(t, SYS_landlock_create_ruleset, &rules, rules.net ? 16 : 8, 0);
}

i64 guard_add_rule(LThread *t, const u64 *a)
{
	struct LPathBeneath rule;

	if (a[1] != RULE_PATH_BENEATH)
		return HOST(t, SYS_landlock_add_rule, a[0], a[1], 0, a[3]);
	return layout_read(t, LK_path_beneath, a[2], &rule) < 0 ? -EFAULT : HOST(t, SYS_landlock_add_rule, a[0], a[1], &rule, a[3]);
}

static void allow(int ruleset, const char *path)
{
	static const u64 access[] = {FS_EXECUTE, FS_READ_FILE};
	int fd = open(path, O_PATH | O_CLOEXEC);

	/* One by one: a ruleset that does not handle one of them refuses it. */
	for (u32 i = 0; fd >= 0 && i < COUNT(access); i++) {
		struct LPathBeneath rule = {access[i], fd};
		syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	}
	if (fd >= 0)
		close(fd);
}

static int allow_library(struct dl_phdr_info *info, size_t size, void *ruleset)
{
	if (info->dlpi_name && info->dlpi_name[0] == '/')
		allow(*(int *)ruleset, info->dlpi_name);
	return 0;
}

i64 guard_restrict_self(LThread *t, const u64 *a)
{
	int ruleset = (int)a[0];

	if (!a[1]) {
		allow(ruleset, "/proc/self/exe");
		dl_iterate_phdr(allow_library, &ruleset);
	}
	return HOST(t, SYS_landlock_restrict_self, a[0], a[1]);
}
