/* copying.h - finishing the copies of points that a process left when it died (core/copying.h). */
#ifndef MST_SERVER_COPYING_H
#define MST_SERVER_COPYING_H

#include "core/port_store.h"

/* At the start, before anything is served. *ret_n counts the dataports and datarules. */
MST_MUST_USE enum mst_err mst_copying_resume(struct mst_store *store, uint64_t *ret_n);

#endif
