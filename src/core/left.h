/*
 * left.h - points of resources that are gone. A drop and the removal of what it drops are commands of two
 * files (data.h), and a process may end between them, or its queue be full.
 */
#ifndef MST_CORE_LEFT_H
#define MST_CORE_LEFT_H

#include "core/port_store.h"

/* LOOK: resources with points that one call looks at; MAX: of them, so many that are gone. */
enum { MST_LEFT_LOOK = 4096, MST_LEFT_MAX = 64 };

struct mst_left {
    int64_t after; /* of the numbers of resources: what was looked at; 0: all, or nothing yet */
    int64_t ids[MST_LEFT_MAX];
    size_t n;
};

/* The next ones behind left->after. By a reader. */
MST_MUST_USE enum mst_err mst_left_find(struct mst_tx *tx, struct mst_left *left);
/* They are due for trimming (due.h), which looks again whether they are gone. In a MST_FILE_POINTS command. */
MST_MUST_USE enum mst_err mst_left_trim(struct mst_tx *tx, const struct mst_left *left);

#endif
