/* The last error: of the thread, in its TEB, where programs read it themselves. */
#include "w32.h"

static u64 slot(const WThread *t)
{
	return t->teb + (t->wide ? 0x68 : 0x34);
}

void error_set(WThread *t, u32 code)
{
	mem_put_u32(t, slot(t), code);
}

u32 error_get(WThread *t)
{
	return mem_u32(t, slot(t));
}

u32 error_from_errno(int e)
{
	static const struct { int host; u32 code; } map[] = {
		{ENOENT, W_FILE_NOT_FOUND}, {ENOTDIR, W_PATH_NOT_FOUND}, {EACCES, W_ACCESS_DENIED}, {EPERM, W_ACCESS_DENIED}, {EEXIST, W_FILE_EXISTS},
		{EISDIR, W_ACCESS_DENIED}, {ENOTEMPTY, W_DIR_NOT_EMPTY}, {EMFILE, W_TOO_MANY_OPEN_FILES}, {ENFILE, W_TOO_MANY_OPEN_FILES},
		{ENOMEM, W_NOT_ENOUGH_MEMORY}, {EBADF, W_INVALID_HANDLE}, {EINVAL, W_INVALID_PARAMETER}, {ENOSPC, W_DISK_FULL}, {EDQUOT, W_DISK_FULL},
		{EPIPE, W_NO_DATA}, {ESPIPE, W_INVALID_FUNCTION}, {EROFS, W_WRITE_PROTECT}, {ENAMETOOLONG, W_FILENAME_EXCED_RANGE}, {EBUSY, W_BUSY},
		{ETXTBSY, W_SHARING_VIOLATION}, {EIO, W_IO_DEVICE}, {EXDEV, 17}, {ENOSYS, W_CALL_NOT_IMPLEMENTED}, {ELOOP, W_PATH_NOT_FOUND}
	};

	for (u32 i = 0; i < COUNT(map); i++)
		if (map[i].host == e)
			return map[i].code;
	return W_INVALID_FUNCTION;
}

u64 fail(WThread *t, u32 code)
{
	error_set(t, code);
	return 0;
}

u64 fail_errno(WThread *t)
{
	return fail(t, error_from_errno(errno));
}
