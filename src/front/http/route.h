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
 * In a table of routes: the row lets those do it who may do action (core/permit.h). Behind the table,
 * MST_EACH_ROW_MAY(rows) fails the build if a row says nothing; MST_ROWS_BEGIN stands in front.
 */
#define MST_ROWS_BEGIN enum { rows_begin = __COUNTER__ }
#define MST_MAY(name)  .action = MST_MAY_##name + 0 * __COUNTER__
#define MST_EACH_ROW_MAY(rows)                                                       \
    _Static_assert(__COUNTER__ - rows_begin - 1 == sizeof(rows) / sizeof((rows)[0]), \
                   "a route does not say what its caller must be allowed to do")

/*
 * The row for the path and method. NULL if there is none; *ret_allowed then has the
 * methods that the path knows, 0 for an unknown path.
 */
const struct mst_route *mst_route_find(const struct mst_routes *routes,
                                       const struct mst_span *segments, size_t n_segments,
                                       enum mst_method method, unsigned *ret_allowed);
/* Appends the path with "*" for each part that varies; one of two spellings is spelled with its
   slash. */
enum mst_err mst_route_path(struct mst_buf *out, const struct mst_route *route);
/* Appends "GET, POST": the methods that a route can have. */
enum mst_err mst_route_methods(struct mst_buf *out, unsigned methods);
/* Appends "Allow: GET, POST" CRLF. */
enum mst_err mst_route_allow(struct mst_buf *out, unsigned methods);

#endif
