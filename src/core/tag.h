/*
 * tag.h - tags: short texts that a resource is given to be found by (protocol.md 2.15.4 tag, listing).
 *
 * They are the member "tags" of the resource's detail, in the order in which they were added. A description does
 * not show it, and an update leaves it as it is.
 */
#ifndef MST_CORE_TAG_H
#define MST_CORE_TAG_H

#include "core/domain.h"

/* Adds a tag, once, or removes it. MST_BAD_VALUE: not a line of text; MST_NOT_FOUND: it is not there to
   be removed; MST_NO_ROOM: MST_TAGS_MAX are there. */
MST_MUST_USE enum mst_err mst_tag_change(struct mst_tx *tx, const struct mst_row_resource *resource,
                                         struct mst_span tag, bool is_added,
                                         enum mst_verdict *ret_verdict);

/* The tags in a detail. each returns MST_OK to go on, MST_EREFUSED to stop, or an error. */
MST_MUST_USE enum mst_err mst_tag_list(struct mst_arena *arena, struct mst_span detail,
                                       enum mst_err (*each)(void *arg, struct mst_span tag),
                                       void *arg);

#endif
