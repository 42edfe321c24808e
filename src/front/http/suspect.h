/* suspect.h - noticing keys that a restored backup brought back. */
#ifndef MST_FRONT_HTTP_SUSPECT_H
#define MST_FRONT_HTTP_SUSPECT_H

#include "front/http/exchange.h"

/* The key of client was accepted. Its first use since a restore is written down and logged. */
void mst_suspect_seen(struct mst_exchange *x, const struct mst_row_client *client);

#endif
