/* path.h - the path of a request as segments (protocol.md 2.1.1, 2.4: slashes matter). */
#ifndef MST_WIRE_PATH_H
#define MST_WIRE_PATH_H

#include "wire/pct.h"

/*
 * Splits path, which begins with '/', at its slashes and decodes each segment; "/a/" has two, the second
 * empty. More than max_segments are none: *ret_n is 0. MST_ESYNTAX: a bad escape or %00 in one of the
 * first max_segments; MST_ENOMEM. ret_segments, with room for max_segments, may then be touched.
 */
MST_MUST_USE enum mst_err mst_path_split(struct mst_arena *arena, struct mst_span path,
                                         size_t max_segments, struct mst_span *ret_segments,
                                         size_t *ret_n);

#endif
