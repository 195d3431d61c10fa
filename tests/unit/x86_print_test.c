/* Unit tests of x86's instructions as text.  The expectations are GNU objdump's (-M intel), in pvm's spelling. */
#include "pvm/x86/x86.h"

#include <setjmp.h>

#include <cmocka.h>

static const struct Row {
	const char *bytes, *text;
	enum XMode mode;
} rows[] = {
	{"\x55", "push rbp", X86_64},
	{"\x55", "push ebp", X86_32},
	{"\x41\x54", "push r12", X86_64},
	{"\x48\x8b\xec", "mov rbp, rsp", X86_64},
	{"\x48\x89\x45\xe0", "mov qword [rbp - 0x20], rax", X86_64},
	{"\x48\x8d\x48\xa0", "lea rcx, [rax - 0x60]", X86_64},
	{"\x8d\x0c\xff", "lea ecx, [rdi + rdi*8]", X86_64},
	{"\x8d\x0c\xff", "lea ecx, [edi + edi*8]", X86_32},
	{"\x41\x88\x94\x0e\x70\x11\x01\x01", "mov byte [r14 + rcx + 0x1011170], dl", X86_64},
	{"\x43\x0f\xb6\x1c\x16", "movzx ebx, byte [r14 + r10]", X86_64},
	{"\x83\xc7\xff", "add edi, -1", X86_64},
	{"\x0f\x8c\xf6\x03\x01\x01", "jl 0x10113fc", X86_64},
	{"\xe8\xfb\xff\xff\xff", "call 0x1000", X86_64},
	{"\x99", "cdq", X86_64},
	{"\x48\x99", "cqo", X86_64},
	{"\x48\x98", "cdqe", X86_64},
	{"\x66\x0f\x2e\xc0", "ucomisd xmm0, xmm0", X86_64},
	{"\x66\x48\x0f\x6e\xc0", "movq xmm0, rax", X86_64},
	{"\xf2\x0f\x10\x05\x04\x03\x02\x01", "movsd xmm0, qword [rip + 0x1020304]", X86_64},
	{"\x88\xe1", "mov cl, ah", X86_64},
	{"\x40\x88\xe1", "mov cl, spl", X86_64},
	{"\x64\x8b\x01", "mov eax, dword fs:[rcx]", X86_64},
	{"\xf0\x0f\xb1\x0a", "lock cmpxchg dword [rdx], ecx", X86_64},
	{"\xd8\xc1", "fadd st(0), st(1)", X86_64},
	{"\xcc", "int3", X86_64},
};

static void test_rows(void **state)
{
	for (u32 i = 0; i < COUNT(rows); i++) {
		const struct Row *r = &rows[i];
		Buf out = {0};
		XInsn x;
		bool cut;
		assert_true(x86_decode((const u8 *)r->bytes, strlen(r->bytes), 0x1000, r->mode, &x, &cut));
		assert_int_equal(x.len, strlen(r->bytes));
		x86_print(&x, &out);
		buf_u8(&out, 0);
		assert_string_equal((char *)out.p, r->text);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
