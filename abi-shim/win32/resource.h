/* Resources: names as the guest gives them, and images whose resources can be read. */
#ifndef PVM_RESOURCE_H
#define PVM_RESOURCE_H

#include "handlers.h"

/* A type's or resource's name: a number, or UTF-16 that is to be freed. */
typedef struct ResName {
	PeResName n;
	u16 *own;
} ResName;

/* From a guest's argument (below 64 Ki a number; "#12" is one, too), of the row's width. */
ResName res_name(WThread *t, u64 v, bool wide);
void res_name_free(ResName *n);

/* Opens a file for its resources alone; its handle, 0: the error is set. */
u64 res_open(WThread *t, const char *guest);
/* The image of a module, or of such a handle.  False: there is none; the error is set. */
bool res_image(WThread *t, u64 handle, u64 *base, PeMap *map);

#endif
