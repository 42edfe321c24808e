/*
 * json.h - walking through JSON text with the checked cursor. The core has no JSON library
 * and needs none: it looks for single values in texts and leaves the rest as it is. Whatever does
 * not look like JSON ends the walk: false, and the cursor then stands anywhere.
 */
#ifndef MST_CORE_JSON_H
#define MST_CORE_JSON_H

#include "base/span.h"

/* Skips white space, then the character wanted. */
bool mst_json_expect(struct mst_cur *cur, char wanted);
/* A string; *ret_raw is what stands between the quotes, escapes and all. */
bool mst_json_string(struct mst_cur *cur, struct mst_span *ret_raw);
/* Skips one value; brackets are counted, not matched in kind. */
bool mst_json_skip(struct mst_cur *cur);

#endif
