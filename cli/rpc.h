/* rpc.h - calls of POST /onep:v1/rpc/process (protocol.md 2.15). */
#ifndef MST_CLI_RPC_H
#define MST_CLI_RPC_H

#include "cli/api.h"

struct cli_rpc_auth {
    const struct mst_handle *cik;
    const char *client_id;          /* who calls; NULL: the client of cik itself, or */
    const char *resource_id;        /* the owner of this; NULL: as above */
    const struct mst_handle *grant; /* instead of all that: a grant token; NULL: none */
};

/*
 * Runs calls (an array of {"procedure", "arguments"}; taken over, NULL is out of memory) in one
 * request; ids are filled in. *ret_answers is the array of answers, one per call in order, each
 * with a "status": a text, or a list of the points that were not stored. Failed calls are the caller's to look at.
 */
enum cli_exit cli_rpc(struct cli *cli, const struct cli_rpc_auth *auth, json_t *calls,
                      json_t **ret_answers);

/* Who calls, by these options: with a key that was given for this run, or else that of --as. */
#define CLI_RPC_OPTIONS                                                               \
    {"as", "WHOSE",                                                                   \
     "which key of the profile: vendor or portal (a CIK that is given goes before)"}, \
    {                                                                                 \
        "client-id", "RID", "act as this client, which is the key's or below it"      \
    }
enum cli_exit cli_rpc_caller(struct cli *cli, enum cli_who usual, struct cli_rpc_auth *ret_auth);
/* Is it a RID? Its form is all that is looked at. */
bool cli_rpc_is_rid(const char *text);
/* What a command names: a RID, or an alias of the calling client. */
json_t *cli_rpc_named(const char *text);

/* One call. With the status "ok" *ret_result is its result, or null. A status among also (separated
   by commas, NULL: none) gives CLI_OK too, and *ret_result is then NULL. */
enum cli_exit cli_rpc_one(struct cli *cli, const struct cli_rpc_auth *auth, const char *procedure,
                          json_t *arguments, const char *also, json_t **ret_result);

/* {"procedure": .., "arguments": ..}; takes arguments over. */
json_t *cli_rpc_call(const char *procedure, json_t *arguments);
/* {"alias": name}; "" is the caller itself. */
json_t *cli_rpc_alias(const char *name);

/* The key of a client that the caller owns. */
enum cli_exit cli_rpc_key(struct cli *cli, const struct cli_rpc_auth *auth, json_t *rid,
                          struct mst_handle *ret_key);

#endif
