/*
 * envelope.h - the body of an RPC request, taken apart (protocol.md 2.15.1). Spans borrow from
 * the body or lie in the arena.
 */
#ifndef MST_FRONT_RPC_ENVELOPE_H
#define MST_FRONT_RPC_ENVELOPE_H

#include "front/rpc/shape.h"

/* Parts of a request, as JSON text that was checked; empty where there is none. */
struct mst_rpc_envelope {
    struct mst_span auth, calls;
};

/* An object with these members, or a bare list, which is calls; anything else has neither.
   A byte order mark in front is passed over. MST_ESYNTAX: it is no JSON in UTF-8, or too deep; MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_rpc_envelope_read(struct mst_arena *arena, struct mst_span text,
                                                struct mst_rpc_envelope *ret_envelope);

/* Checked JSON that may serve as an id (4): a number, or text that is not too long. MST_EREFUSED: it may not;
   MST_ENOMEM. Nothing and null leave *ret_id as it is. */
MST_MUST_USE enum mst_err mst_rpc_id_read(struct mst_arena *arena, struct mst_span json,
                                          struct mst_span *ret_id);

struct mst_rpc_procedure;

/* A call. */
struct mst_rpc_one {
    struct mst_span id;   /* JSON text; empty: not to be answered */
    struct mst_span name; /* of the procedure; empty if it is no text */
    enum mst_rpc_fit fit;
    struct mst_rpc_args args;                  /* if they fit */
    const struct mst_rpc_procedure *procedure; /* for rpc.c */
};

/* The calls of an envelope. MST_EREFUSED: they are no list of objects with good ids, or too many;
   MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_rpc_calls_read(struct mst_arena *arena, struct mst_span calls,
                                             size_t *ret_n, struct mst_rpc_one **ret_calls);

#endif
