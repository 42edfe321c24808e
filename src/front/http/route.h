/* route.h - which paths exist, and what answers them. */
#ifndef MST_FRONT_HTTP_ROUTE_H
#define MST_FRONT_HTTP_ROUTE_H

#include "front/http/exchange.h"

struct mst_routes {
    const struct mst_route *rows;
    size_t n_rows;
};

/* What devices and tools may ask, and what the admin listener answers. They share no path. */
extern const struct mst_routes mst_routes, mst_routes_admin;

/*
 * The row for the path and method. NULL if there is none; *ret_allowed then has the
 * methods that the path knows, 0 for an unknown path.
 */
const struct mst_route *mst_route_find(const struct mst_routes *routes,
                                       const struct mst_span *segments, size_t n_segments,
                                       enum mst_method method, unsigned *ret_allowed);
/* Appends "Allow: GET, POST" CRLF. */
enum mst_err mst_route_allow(struct mst_buf *out, unsigned methods);

#endif
