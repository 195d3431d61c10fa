/* stdlib: the library sources, built into the binary.
 *
 * stdlib/system/NAME.pas declares the routine NAME (lower case), and private ones beside it.  The compiler
 * takes a file in when a program uses a name that it does not declare itself, and so a program carries what
 * it uses and no more. */
#ifndef PVM_STDLIB_H
#define PVM_STDLIB_H

typedef struct StdlibFile {
	const char *name; /* "system/sin" */
	const char *path; /* "stdlib/system/sin.pas", for messages */
	const char *text; /* NUL-terminated behind n bytes */
	unsigned long n;
} StdlibFile;

extern const StdlibFile stdlib_files[]; /* sorted by name; a NULL name ends the table */
extern const unsigned stdlib_nfiles;

#endif
