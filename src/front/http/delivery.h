/*
 * delivery.h - a reply with a stored blob (protocol.md 2.7.3): all of it, the part that a Range
 * names, or none because the asker has it.
 *
 * The head stays lean, since the receive buffers of devices are small: ETag goes out only to who
 * shows with If-None-Match, If-Range or Want-Repr-Digest that he can use it, and Repr-Digest
 * (RFC 9530) to who asks for sha-256.
 */
#ifndef MST_FRONT_HTTP_DELIVERY_H
#define MST_FRONT_HTTP_DELIVERY_H

#include "front/http/exchange.h"

struct mst_delivery {
    uint64_t n_bytes;
    const char *type;       /* in the exchange's arena or for ever */
    struct mst_span sha256; /* its 32 bytes */
};

/*
 * 200, 206, 304 or 416. step is run where it says for one piece after the other, as
 * mst_exchange_answer_long has it; mst_delivery_next tells which. The result is for the step to return.
 */
enum mst_err mst_delivery_answer(struct mst_exchange *x, const struct mst_delivery *blob,
                                 enum mst_where where, mst_step *step);

struct mst_delivery_piece {
    uint64_t at; /* position in the blob */
    size_t n_bytes;
};

/* The piece that a step is to append to x->reply: within one of those of MST_PIECE_MAX that the blob was
   taken in by. */
struct mst_delivery_piece mst_delivery_next(const struct mst_exchange *x);

#endif
