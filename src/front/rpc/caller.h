/* caller.h - who is calling (protocol.md 2.15.1 auth). Inside front/rpc only. */
#ifndef MST_FRONT_RPC_CALLER_H
#define MST_FRONT_RPC_CALLER_H

#include "core/grant.h"
#include "front/http/exchange.h"
#include "front/rpc/shape.h"

enum mst_rpc_standing { MST_RPC_WELCOME, MST_RPC_STRANGER, MST_RPC_LOCKED };

struct mst_rpc_caller {
    enum mst_rpc_standing standing;
    int64_t id;     /* the calling client */
    int64_t key_id; /* the client whose key was given; 0: it is a grant token */
    struct mst_row_grant_token
        grant; /* if key_id is 0; its texts live as long as the transaction */
};

/* The members of auth. */
extern const struct mst_rpc_member mst_rpc_auth_members[];

/* Whom auth names, options by that list; NULL: it was none. known_id: the calling client that a first look has
   found, or 0; whatever resource_id's owner is by now, it stays the same. On the loop commands are the
   caller's from now on (mst_exchange_take_lane). */
MST_MUST_USE enum mst_err mst_rpc_identify(struct mst_exchange *x, struct mst_tx *tx,
                                           const struct mst_rpc_value *auth, int64_t known_id,
                                           struct mst_rpc_caller *ret_caller);

#endif
