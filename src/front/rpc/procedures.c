/* The table of procedures (protocol.md 2.15.4), and those that change something. */
#include "core/client.h"
#include "core/clone.h"
#include "core/share.h"
#include "front/rpc/call.h"

/* ---- create ---- */

static enum mst_err create_described(struct mst_rpc_call *call, struct mst_tx *tx,
                                     const struct mst_row_resource *parent, enum mst_kind kind,
                                     const json_t *json)
{
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_description description;
    struct mst_row_resource resource;
    enum mst_err err = mst_rpc_description(call, tx, json, kind, NULL, &description);

    if (err != MST_OK)
        return err;
    err = mst_resource_create(mst_exchange_domain(call->x), tx, parent, kind, &description,
                              call->x->attempt, &verdict, &resource);
    err = mst_rpc_settle(call, err, verdict);
    return err == MST_OK ? mst_rpc_give_rid(call, &resource) : err;
}

/* By RID: of the caller's tree, or what it has activated a code of. A copy shows all that is in a client, so that
   the client is public does not do. */
static enum mst_err find_source_by_rid(struct mst_rpc_call *call, struct mst_tx *tx,
                                       struct mst_span rid, struct mst_row_resource *ret_source)
{
    const struct mst_rpc_value named = {.is_given = true, .ref = {.text = rid}};
    bool is_own = false;
    enum mst_err err = mst_rpc_readable(call, tx, &named, ret_source, &is_own);

    if (err == MST_OK && !is_own)
        err = mst_share_is_active(tx, call->caller_id, ret_source->id, &is_own);
    return err == MST_OK && !is_own ? mst_rpc_say(call, "restricted") : err;
}

/* By a share code that no other client has activated; cloning does not activate it. */
static enum mst_err find_source_by_code(struct mst_rpc_call *call, struct mst_tx *tx,
                                        struct mst_span code, struct mst_row_resource *ret_source)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_share share = {0};
    enum mst_err err = mst_share_find(mst_exchange_domain(call->x), tx, code, &verdict, &share);

    if (verdict == MST_DONE && share.activator_id != 0 && share.activator_id != call->caller_id)
        verdict = MST_NOT_FOUND;
    err = mst_rpc_settle(call, err, verdict);
    if (err != MST_OK)
        return err;
    ret_source->id = share.resource_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, ret_source);
    return err == MST_ENOENT ? mst_rpc_say(call, "invalid") : err;
}

static bool is_flag(const json_t *json)
{
    return json == NULL || json_is_boolean(json);
}

/* The client that exactly one of {"rid": ...} and {"code": ...} names, to be copied as the flags beside it say. */
static enum mst_err find_source(struct mst_rpc_call *call, struct mst_tx *tx, const json_t *json,
                                struct mst_row_resource *ret_source)
{
    const json_t *rid = json_object_get(json, "rid"), *code = json_object_get(json, "code");
    struct mst_span text;
    enum mst_err err;

    if ((rid != NULL) == (code != NULL) || !mst_rpc_text(rid ? rid : code, &text) ||
        !is_flag(json_object_get(json, "noaliases")) ||
        !is_flag(json_object_get(json, "nohistorical")))
        return mst_rpc_say(call, "badarg");
    err = rid ? find_source_by_rid(call, tx, text, ret_source)
              : find_source_by_code(call, tx, text, ret_source);
    return err == MST_OK && ret_source->kind != MST_KIND_CLIENT ? mst_rpc_say(call, "invalid")
                                                                : err;
}

static int64_t read_clone_options(const json_t *json)
{
    return (json_is_true(json_object_get(json, "noaliases")) ? MST_MODEL_NOALIASES : 0) |
           (json_is_true(json_object_get(json, "nohistorical")) ? MST_MODEL_NOHISTORICAL : 0);
}

/* How many points the clone would get. */
static enum mst_err look_at_source(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct mst_row_resource source;
    const json_t *json;
    enum mst_err err;

    if (call->args->v[1].word != MST_RPC_CLONE)
        return MST_OK;
    err = mst_rpc_load(call, &call->args->v[2], &json);
    if (err != MST_OK || (read_clone_options(json) & MST_MODEL_NOHISTORICAL))
        return err;
    err = find_source(call, tx, json, &source);
    return err == MST_OK ? mst_clone_count_points(tx, source.id, &call->n_points) : err;
}

static enum mst_err create_clone(struct mst_rpc_call *call, struct mst_tx *tx,
                                 const struct mst_row_resource *parent, const json_t *json)
{
    const struct mst_domain *domain = mst_exchange_domain(call->x);
    int64_t options = read_clone_options(json);
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_resource source, resource;
    enum mst_err err = find_source(call, tx, json, &source);

    if (err != MST_OK)
        return err;
    if (call->n_points == 0)
        options |= MST_MODEL_NOHISTORICAL;
    err = mst_resource_clone(domain, tx, &source, parent, options,
                             mst_deadline_after(tx, domain->window_s), call->x->attempt, &verdict,
                             &resource);
    if (err == MST_OK && verdict == MST_DONE && call->n_points > MST_CLONE_POINTS_MAX)
        verdict = MST_NO_ROOM;
    err = mst_rpc_settle(call, err, verdict);
    if (err != MST_OK)
        return err;
    call->after.clone_id = call->n_points > 0 ? resource.id : 0;
    return mst_rpc_give_rid(call, &resource);
}

static enum mst_err create(struct mst_rpc_call *call, struct mst_tx *tx)
{
    static const enum mst_kind kinds[] = {
        [MST_RPC_CLIENT] = MST_KIND_CLIENT,
        [MST_RPC_DATAPORT] = MST_KIND_DATAPORT,
        [MST_RPC_DATARULE] = MST_KIND_DATARULE,
        [MST_RPC_DISPATCH] = MST_KIND_DISPATCH,
    };
    const size_t type = call->args->v[1].word;
    struct mst_row_resource parent;
    const json_t *json;
    enum mst_err err = mst_rpc_load(call, &call->args->v[2], &json);

    if (err == MST_OK)
        err = mst_rpc_client(call, tx, &call->args->v[0], &parent);
    if (err != MST_OK)
        return err;
    return type == MST_RPC_CLONE ? create_clone(call, tx, &parent, json)
                                 : create_described(call, tx, &parent, kinds[type], json);
}

/* ---- update, drop ---- */

static enum mst_err update(struct mst_rpc_call *call, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_description description;
    struct mst_row_resource resource;
    const json_t *json;
    enum mst_err err = mst_rpc_load(call, &call->args->v[1], &json);

    if (err == MST_OK)
        err = mst_rpc_resource(call, tx, &call->args->v[0], &resource);
    if (err == MST_OK)
        err = mst_rpc_description(call, tx, json, (enum mst_kind)resource.kind, &resource,
                                  &description);
    if (err != MST_OK)
        return err;
    err = mst_resource_update(mst_exchange_domain(call->x), tx, call->caller_id, &resource,
                              &description, &verdict);
    call->after.is_described_anew = description.has_detail;
    return mst_rpc_settle(call, err, verdict);
}

static enum mst_err note_port(void *arg, int64_t port_id)
{
    struct mst_rpc_call *call = arg;

    return mst_ports_add(call->x, &call->after.ports, port_id);
}

static enum mst_err drop(struct mst_rpc_call *call, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource resource;
    enum mst_err err = mst_rpc_resource(call, tx, &call->args->v[0], &resource);

    if (err != MST_OK)
        return err;
    err = mst_resource_drop(tx, call->caller_id, &resource, note_port, call, &verdict);
    return mst_rpc_settle(call, err, verdict);
}

/* ---- map, unmap ---- */

static enum mst_err map(struct mst_rpc_call *call, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource resource;
    enum mst_err err = mst_rpc_resource(call, tx, &call->args->v[1], &resource);

    if (err == MST_EREFUSED && call->args->v[1].ref.is_alias)
        return mst_rpc_say(call, "notfound");
    if (err != MST_OK)
        return err;
    err = mst_alias_map(tx, call->caller_id, &resource, call->args->v[2].text, &verdict);
    return mst_rpc_settle(call, err, verdict);
}

static enum mst_err unmap(struct mst_rpc_call *call, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource client;
    enum mst_err err = mst_rpc_client(call, tx, &call->args->v[0], &client);

    if (err != MST_OK)
        return err;
    err = mst_alias_unmap(tx, client.id, call->args->v[2].text, &verdict);
    return mst_rpc_settle(call, err, verdict);
}

/* ---- keys: revoke, activate, deactivate (1.5, transitions 23 to 25) ---- */

static enum mst_err key_event(struct mst_rpc_call *call, struct mst_tx *tx,
                              enum mst_lifecycle_event event)
{
    const bool is_share = call->args->v[1].word == MST_RPC_KEY_SHARE;
    const struct mst_span key = call->args->v[2].text;
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource client;
    enum mst_err err = mst_rpc_client(call, tx, &call->args->v[0], &client);

    if (err != MST_OK)
        return err;
    if (is_share)
        return mst_rpc_share_event(call, tx, client.id, event, key);
    err = mst_client_key_event(mst_exchange_domain(call->x), tx, client.id, event, key,
                               call->x->attempt, call->x->peer, &verdict);
    return mst_rpc_settle(call, err, verdict);
}

static enum mst_err revoke(struct mst_rpc_call *call, struct mst_tx *tx)
{
    return key_event(call, tx, MST_ON_REVOKE);
}

static enum mst_err activate(struct mst_rpc_call *call, struct mst_tx *tx)
{
    return key_event(call, tx, MST_ON_RPC_ACTIVATE);
}

static enum mst_err deactivate(struct mst_rpc_call *call, struct mst_tx *tx)
{
    return key_event(call, tx, MST_ON_RPC_DEACTIVATE);
}

static const struct mst_rpc_procedure procedures[] = {
    {"activate",    MST_STATE,  activate,            NULL                    },
    {"create",      MST_STATE,  create,              look_at_source          },
    {"deactivate",  MST_STATE,  deactivate,          NULL                    },
    {"drop",        MST_STATE,  drop,                NULL                    },
    {"flush",       MST_POINTS, mst_rpc_run_flush,   mst_rpc_plan_flush      },
    {"grant",       MST_STATE,  mst_rpc_grant,       NULL                    },
    {"info",        MST_READ,   mst_rpc_info,        NULL                    },
    {"listing",     MST_READ,   mst_rpc_listing,     NULL                    },
    {"lookup",      MST_READ,   mst_rpc_lookup,      NULL                    },
    {"map",         MST_STATE,  map,                 NULL                    },
    {"move",        MST_STATE,  mst_rpc_move,        NULL                    },
    {"read",        MST_READ,   mst_rpc_read,        NULL                    },
    {"record",      MST_POINTS, mst_rpc_run_flow,    mst_rpc_plan_record     },
    {"recordbatch", MST_POINTS, mst_rpc_run_batch,   mst_rpc_plan_recordbatch},
    {"revoke",      MST_STATE,  revoke,              NULL                    },
    {"share",       MST_STATE,  mst_rpc_share,       NULL                    },
    {"subscribe",   MST_READ,   mst_rpc_subscribe,   NULL                    },
    {"tag",         MST_STATE,  mst_rpc_tag,         NULL                    },
    {"unmap",       MST_STATE,  unmap,               NULL                    },
    {"unsubscribe", MST_READ,   mst_rpc_unsubscribe, NULL                    },
    {"update",      MST_STATE,  update,              NULL                    },
    {"usage",       MST_READ,   mst_rpc_usage,       NULL                    },
    {"wait",        MST_READ,   mst_rpc_wait,        NULL                    },
    {"write",       MST_POINTS, mst_rpc_run_flow,    mst_rpc_plan_write      },
    {"writegroup",  MST_POINTS, mst_rpc_run_flow,    mst_rpc_plan_writegroup },
};

bool mst_rpc_is_for_sessions(const struct mst_rpc_procedure *procedure)
{
    return procedure->run == mst_rpc_subscribe || procedure->run == mst_rpc_unsubscribe;
}

const struct mst_rpc_procedure *mst_rpc_procedure_find(struct mst_span name)
{
    for (size_t i = 0; i < sizeof procedures / sizeof procedures[0]; i++)
        if (mst_span_eq(name, mst_span_str(procedures[i].name)))
            return &procedures[i];
    return NULL;
}
