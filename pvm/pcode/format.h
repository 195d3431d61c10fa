/* The module format's numbers, shared by reader and writer; docs/pcode.md says what the sections hold. */
#ifndef PVM_PCODE_FORMAT_H
#define PVM_PCODE_FORMAT_H

/* S(enum, name, id, required, contents)
 * Sections stand in the order of their ids, each at most once; one that would be empty is left out. */
#define PCODE_SECTIONS \
	S(TYPES,   types,   0x01, 1, "signatures of functions") \
	S(IMPORTS, imports, 0x02, 1, "functions that the machine provides") \
	S(FUNCS,   funcs,   0x03, 1, "the functions: type, locals, frame, sizes") \
	S(TABLE,   table,   0x04, 1, "the function table of call.ind") \
	S(MEMORY,  memory,  0x05, 1, "size and layout of memory") \
	S(GLOBALS, globals, 0x06, 1, "global variables outside memory") \
	S(EXPORTS, exports, 0x07, 1, "what other modules may use") \
	S(START,   start,   0x08, 1, "the function that is the program") \
	S(CODE,    code,    0x09, 1, "the functions' bodies") \
	S(DATA,    data,    0x0a, 1, "initial contents of memory") \
	S(SOURCE,  source,  0x40, 0, "name of the source file") \
	S(NAMES,   names,   0x41, 0, "names of the functions") \
	S(LINES,   lines,   0x42, 0, "line numbers of instructions") \
	S(VARS,    vars,    0x43, 0, "variables, for debuggers") \
	S(FILES,   files,   0x44, 0, "names of further source files")

enum Section {
#define S(name, text, id, required, contents) SEC_##name = id,
	PCODE_SECTIONS
#undef S
};

enum {
	HEAD_BYTES = 8,   /* magic, version (2 bytes), reserved (2 bytes) */
	TAIL_BYTES = 8,   /* the checksum */
	SEC_REQUIRED = 1  /* a flag of a section: a reader that does not know it refuses the module */
};

#endif
