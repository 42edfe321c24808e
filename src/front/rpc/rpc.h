/*
 * rpc.h - RPC requests that do not come in the body of a POST (protocol.md 3.3).
 */
#ifndef MST_FRONT_RPC_RPC_H
#define MST_FRONT_RPC_RPC_H

#include <jansson.h>

#include "front/http/exchange.h"

/* Parses x->body. *ret_root NULL: it is no JSON, or too deep, which is answered. */
MST_MUST_USE enum mst_err mst_rpc_parse(struct mst_exchange *x, json_t **ret_root);

/*
 * Names the steps that answer calls as auth. Takes root, which calls are part of; auth must outlive
 * the exchange's work, or be part of root. Either may be NULL, which is answered. x->verdict is then
 * MST_NO_AUTH if auth is not, or no longer, good.
 */
MST_MUST_USE enum mst_err mst_rpc_begin(struct mst_exchange *x, json_t *root, const json_t *auth,
                                        const json_t *calls);

/* The one object that answers a whole request (2.15.2); context may be NULL. Returns MST_OK. */
enum mst_err mst_rpc_answer_error(struct mst_exchange *x, int code, const char *message,
                                  const char *context);

#endif
