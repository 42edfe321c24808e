/* route.h - which paths exist, and what answers them. */
#ifndef MST_FRONT_HTTP_ROUTE_H
#define MST_FRONT_HTTP_ROUTE_H

#include "front/http/exchange.h"

extern const struct mst_route mst_routes[];
extern const size_t mst_routes_count;

/*
 * The row for the path and method. NULL if there is none; *ret_allowed then has the
 * methods that the path knows, 0 for an unknown path.
 */
const struct mst_route *mst_route_find(const struct mst_span *segments, size_t n_segments,
                                       enum mst_method method, unsigned *ret_allowed);
/* Appends "Allow: GET, POST" CRLF. */
enum mst_err mst_route_allow(struct mst_buf *out, unsigned methods);

#endif
