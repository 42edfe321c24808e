/*
 * rpc.h - RPC requests that do not come in the body of a POST (protocol.md 3.3).
 */
#ifndef MST_FRONT_RPC_RPC_H
#define MST_FRONT_RPC_RPC_H

#include "front/http/exchange.h"
#include "front/rpc/envelope.h"

/* Takes x->body apart: an object with these members, or a bare list, which is calls. *ret_is_json
   false: it is no JSON, or too deep, which is answered. */
MST_MUST_USE enum mst_err mst_rpc_parse(struct mst_exchange *x, bool *ret_is_json,
                                        struct mst_rpc_envelope *ret_envelope);

/*
 * Names the steps that answer calls as auth. Both must outlive the exchange's work; either may be
 * anything or empty, which is answered. x->verdict is then MST_NO_AUTH if auth is not, or no
 * longer, good.
 */
MST_MUST_USE enum mst_err mst_rpc_begin(struct mst_exchange *x,
                                        const struct mst_rpc_envelope *envelope);

/* The one object that answers a whole request (2.15.2); context may be NULL. Returns MST_OK. */
enum mst_err mst_rpc_answer_error(struct mst_exchange *x, int code, const char *message,
                                  const char *context);

#endif
