/* suspect.h - noticing keys that a restored backup brought back. */
#ifndef MST_FRONT_HTTP_SUSPECT_H
#define MST_FRONT_HTTP_SUSPECT_H

#include "core/domain.h"

/* The key of client was accepted, shown by peer. Its first use since a restore is written down and logged. */
void mst_suspect_seen(const struct mst_domain *domain, struct mst_store *store,
                      struct mst_span peer, const struct mst_row_client *client);

#endif
