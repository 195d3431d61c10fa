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

u32 async_error(int e)
{
	return e == ECANCELED ? W_OPERATION_ABORTED : e == EPIPE ? W_BROKEN_PIPE : e == ECONNRESET ? W_NETNAME_DELETED : error_from_errno(e);
}

/* Errors and the kernel's own numbers for them: the first of several is the usual one. */
static const struct { u32 status, error; } statuses[] = {
	{0, 0}, {0x103, W_IO_PENDING}, {0xc0000002, W_INVALID_FUNCTION}, {0xc0000002, W_CALL_NOT_IMPLEMENTED}, {0xc0000003, W_INVALID_PARAMETER},
	{0xc0000004, 24}, {0xc0000005, 998}, {0xc0000008, W_INVALID_HANDLE}, {0xc000000d, W_INVALID_PARAMETER}, {0xc000000f, W_FILE_NOT_FOUND},
	{0xc0000010, W_INVALID_FUNCTION}, {0xc0000011, W_HANDLE_EOF}, {0xc0000017, W_NOT_ENOUGH_MEMORY}, {0xc0000022, W_ACCESS_DENIED},
	{0xc0000023, W_INSUFFICIENT_BUFFER}, {0xc0000024, W_INVALID_HANDLE}, {0xc0000033, W_INVALID_NAME}, {0xc0000034, W_FILE_NOT_FOUND},
	{0xc0000035, W_ALREADY_EXISTS}, {0xc000003a, W_PATH_NOT_FOUND}, {0xc0000043, W_SHARING_VIOLATION}, {0xc0000054, W_LOCK_VIOLATION},
	{0xc000007f, W_DISK_FULL}, {0xc00000a2, W_WRITE_PROTECT}, {0xc00000ba, W_ACCESS_DENIED}, {0xc00000bb, W_NOT_SUPPORTED}, {0xc00000e9, W_IO_DEVICE},
	{0xc0000101, W_DIR_NOT_EMPTY}, {0xc0000103, W_DIRECTORY}, {0xc0000120, W_OPERATION_ABORTED}, {0xc000011f, W_TOO_MANY_OPEN_FILES},
	{0xc000014b, W_BROKEN_PIPE}, {0xc00000b0, 233}, {0xc00000b1, W_NO_DATA}, {0xc00000b3, 536}, {0x80000005, W_MORE_DATA}, {0x80000006, W_NO_MORE_FILES},
	{0x80000011, W_BUSY}, {0xc000020d, 64}, {0xc0000225, W_NOT_FOUND}, {0xc0000185, W_IO_DEVICE}, {0xc0000236, 1225}, {0xc0000102, 1460}, {0x102, 258},
	{0xc000020d, 10054}, {0xc0000236, 10061}, {0xc00000b5, 10060}, {0xc000023c, 10051}, {0xc000023d, 10065}, {0xc0000241, 10053}, {0xc000020a, 10048},
	{0xc0000141, 10049}, {0x80000005, 10040}, {0xc000020c, 10057}, {0xc0000275, 4390}, {0xc0000139, W_PROC_NOT_FOUND}, {0xc0000135, W_MOD_NOT_FOUND}, {0xc000012f, 193}, {0xc0000018, W_INVALID_ADDRESS}
};

u32 error_to_status(u32 error)
{
	for (u32 i = 0; i < COUNT(statuses); i++)
		if (statuses[i].error == error)
			return statuses[i].status;
	return 0xc0000001;
}

u32 error_from_status(u32 status)
{
	for (u32 i = 0; i < COUNT(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].error;
	return 317; /* there is no error for it */
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
