/* An interpreter's loop: a switch in a loop, over a program that counts. */
#include "bench.h"

enum { PUSH, ADD, SUB, MUL, DUP, LOAD, STORE, JNZ, XOR, HALT };
static const int code[] = { PUSH, 20000, STORE, 0, /* 4 */ LOAD, 1, LOAD, 0, MUL, LOAD, 0, XOR, PUSH, 7, ADD, STORE, 1,
	LOAD, 0, PUSH, 1, SUB, DUP, STORE, 0, JNZ, 4, HALT };

static long run(void)
{
	uint32_t stack[16], var[4] = { 0 };
	int pc = 0, sp = 0;

	for (;;) {
		switch (code[pc++]) {
		case PUSH: stack[sp++] = (uint32_t)code[pc++]; break;
		case ADD: sp--; stack[sp - 1] += stack[sp]; break;
		case SUB: sp--; stack[sp - 1] -= stack[sp]; break;
		case MUL: sp--; stack[sp - 1] *= stack[sp]; break;
		case XOR: sp--; stack[sp - 1] ^= stack[sp]; break;
		case DUP: stack[sp] = stack[sp - 1]; sp++; break;
		case LOAD: stack[sp++] = var[code[pc++]]; break;
		case STORE: var[code[pc++]] = stack[--sp]; break;
		case JNZ: pc = stack[--sp] ? code[pc] : pc + 1; break;
		case HALT: return (long)var[1];
		}
	}
}

static long work(long n)
{
	for (long k = 0; k < n; k++)
		if (k % 4 == 0)
			mix((uint64_t)run());
	return 0;
}
