/*
 * validator.h - entity tags and digests in requests (RFC 9110 8.8.3 and 13, RFC 9530): does the asker
 * have the representation already, and what does he want to know of it?
 *
 * A tag is a span with its quotes, such as "\"1a\"". Muster's own are always strong, and it sends
 * no Last-Modified, so a date in If-Range never is the current one.
 */
#ifndef MST_WIRE_VALIDATOR_H
#define MST_WIRE_VALIDATOR_H

#include "base/buf.h"

/* If-None-Match: is tag (or "*") among those listed? Compared weakly: W/ does not count. Malformed:
   false. True means 304. */
bool mst_validator_is_listed(struct mst_span if_none_match, struct mst_span tag);
/* If-Range: may a Range be answered with a part? So if there is no condition, or it is tag. */
bool mst_validator_allows_range(struct mst_span if_range, struct mst_span tag);
/* Want-Repr-Digest: is sha-256 among the algorithms, with a preference above 0? */
bool mst_validator_wants_sha256(struct mst_span want_repr_digest);

enum { MST_VALIDATOR_SHA256_BYTES = 32 };
/* Appends "Repr-Digest: sha-256=:<base64>:" CRLF. hash has MST_VALIDATOR_SHA256_BYTES. Error of out. */
enum mst_err mst_validator_digest_field(struct mst_buf *out, struct mst_span hash);

#endif
