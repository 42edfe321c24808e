/*
 * sweeper.h - does what requests leave behind, on a thread of its own. It removes the bytes of content
 * that nothing points to any more (core/blob.h): those that a crash left, at the start; later those
 * of entries that were deleted and of uploads that were broken off. And it finishes the copies of
 * points (core/copying.h) whose request failed half way, within two minutes; and each minute it looks at
 * some of the resources that have points, for points that a drop has left (core/left.h). Each step is a small
 * command beside those of others. What fails (the disk may be full) is tried again.
 */
#ifndef MST_SERVER_SWEEPER_H
#define MST_SERVER_SWEEPER_H

#include "core/domain.h"

struct mst_sweeper;

/* store and domain must outlive it. It looks through all blobs at once. */
MST_MUST_USE enum mst_err mst_sweeper_start(struct mst_store *store,
                                            const struct mst_domain *domain,
                                            struct mst_sweeper **ret_sweeper);
/* From any thread. The upload of that blob was given up, or something else took its place; 0: entries
   were deleted. arg is the sweeper. */
void mst_sweeper_drop(void *arg, int64_t blob_id);
/* Looks for copies and for points now, not in a minute; the copies that it finds at two looks, it finishes. */
void mst_sweeper_look(struct mst_sweeper *sweeper);
/* Waits until nothing is left to do now. For tests. MST_EIO: a step failed, and is tried later. */
MST_MUST_USE enum mst_err mst_sweeper_wait(struct mst_sweeper *sweeper);
/* Ends after the running step. NULL is nothing. */
void mst_sweeper_stop(struct mst_sweeper *sweeper);

#endif
