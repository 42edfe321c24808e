/* pct.h - percent coding of paths and of text in form shape (protocol.md 2.1.1, 2.3). */
#ifndef MST_WIRE_PCT_H
#define MST_WIRE_PCT_H

#include "base/arena.h"
#include "base/buf.h"

/* Decodes a path segment: bad escapes are MST_ESYNTAX, '+' stays '+'. Borrows src when there is
   nothing to decode, else allocates from the arena. %00 is MST_ESYNTAX. */
MST_MUST_USE enum mst_err mst_pct_decode_path(struct mst_arena *arena, struct mst_span src,
                                              struct mst_span *ret_text);
/* Decodes a form value: '+' is a space (unless keep_plus), a bad escape keeps its '%'. */
MST_MUST_USE enum mst_err mst_pct_decode_form(struct mst_arena *arena, struct mst_span src,
                                              bool keep_plus, struct mst_span *ret_text);
/* Appends text with every byte outside A-Z a-z 0-9 - _ . ~ as %XX, upper case. */
enum mst_err mst_pct_encode(struct mst_buf *out, struct mst_span text);

#endif
