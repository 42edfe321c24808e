/*
 * lane.h - whose work a command is, for the store's queues, in which tenants take turns.
 *
 * A tenant is a vendor, and its lane is the vendor's id. Whoever hangs on no model counts with the client at
 * the top of its tree: that one's vendor, or else the client itself, as a negative number. 0 is nobody's:
 * what the server does of its own accord. A lane is a hint: it may be one that was right a while ago.
 */
#ifndef MST_CORE_LANE_H
#define MST_CORE_LANE_H

#include "core/port_store.h"

/* Of a client: the vendor of its own model, or of the nearest client above it that has one. */
MST_MUST_USE enum mst_err mst_lane_of_client(struct mst_tx *tx, int64_t client_id,
                                             int64_t *ret_lane);
/* Of those who only say a vendor's name, as activating devices do: one of MST_LANES_BY_NAME, so that
   nobody gets more of the queue by making names up. */
int64_t mst_lane_of_name(struct mst_span vendor_name);

#endif
