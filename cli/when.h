/* when.h - points in time as people write them. */
#ifndef MST_CLI_WHEN_H
#define MST_CLI_WHEN_H

#include "base/span.h"

/*
 * Unix seconds of a text, now being so many:
 *   never, 0, nothing         0
 *   90s 15m 12h 30d 2w        so long from now
 *   2026-12-31                the beginning of that day, UTC
 *   2026-12-31T23:59:59Z      that second; also with a space for the T and without the Z
 *   1798675199                itself: a number of ten digits or more
 * MST_EINVAL: none of these.
 */
MST_MUST_USE enum mst_err cli_when_read(struct mst_span text, int64_t now, int64_t *ret_at);

/*
 * The same looking back: a time is so long ago (90s 15m 12h 30d 2w), and any number is Unix
 * seconds.
 */
MST_MUST_USE enum mst_err cli_when_past(struct mst_span text, int64_t now, int64_t *ret_at);

#endif
