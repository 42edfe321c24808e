#include "core/grant.h"
#include "base/json.h"
#include "core/client.h"
#include "core/sweep.h"

static struct mst_key_seed grant_seed(const struct mst_row_grant_token *grant)
{
    return (struct mst_key_seed){.row = grant->id,
                                 .gen_ix = grant->gen_ix,
                                 .kid = grant->kid,
                                 .epoch = grant->epoch,
                                 .salt = grant->salt,
                                 .delta = grant->delta};
}

/* What the key that made it is worth now, and so the token. MST_NO_AUTH: nothing, for good. */
static enum mst_err standing_of(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_grant_token *grant,
                                enum mst_verdict *ret_verdict)
{
    struct mst_row_client granter = {.id = grant->granter_id};
    bool is_above = false;
    enum mst_err err = MST_OK;

    *ret_verdict = MST_NO_AUTH;
    if (mst_tx_wall_now(tx) < grant->expires)
        err = mst_access_is_within(tx, granter.id, grant->client_id, &is_above);
    if (err == MST_OK && is_above)
        err = mst_tx_get(tx, MST_IX_CLIENT, &granter);
    if (err != MST_OK || !is_above)
        return err == MST_ENOENT ? MST_OK : err;
    if (granter.epoch == grant->epoch &&
        mst_client_state(domain, tx, &granter) == MST_STATE_ACTIVATED)
        *ret_verdict = granter.is_locked ? MST_KEY_LOCKED : MST_DONE;
    return MST_OK;
}

/* ---- making ---- */

struct review {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    size_t n_dead, n_good;
    int64_t dead[MST_GRANTS_MAX];
};

static enum mst_err review_grant(void *arg, const void *row)
{
    const struct mst_row_grant_token *grant = row;
    struct review *review = arg;
    enum mst_verdict verdict = MST_NO_AUTH;
    enum mst_err err = standing_of(review->domain, review->tx, grant, &verdict);

    if (err == MST_OK && verdict == MST_NO_AUTH)
        review->dead[review->n_dead++] = grant->id;
    else
        review->n_good++;
    return err;
}

/* A client never has more than MST_GRANTS_MAX, good or not: all of them are looked at. */
static enum mst_err make_room(const struct mst_domain *domain, struct mst_tx *tx, int64_t client_id,
                              enum mst_verdict *ret_verdict)
{
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    const struct mst_row_grant_token key = {.client_id = client_id};
    const struct mst_scan scan = {
        .index = MST_IX_GRANT_TOKEN_CLIENT, .key = &key, .n_fixed = 1, .limit = MST_GRANTS_MAX};
    struct review review = {.domain = domain, .tx = tx};
    enum mst_err err = mst_tx_scan(tx, &scan, review_grant, &review);

    mst_arena_rewind(mst_tx_arena(tx), mark);
    for (size_t i = 0; i < review.n_dead && err == MST_OK; i++) {
        const struct mst_row_grant_token dead = {.id = review.dead[i]};

        err = mst_tx_delete(tx, MST_TABLE_GRANT_TOKEN, &dead);
    }
    *ret_verdict = review.n_good < MST_GRANTS_MAX ? MST_DONE : MST_NO_ROOM;
    return err;
}

enum mst_err mst_grant_create(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_grant_terms *terms, enum mst_verdict *ret_verdict,
                              struct mst_handle *ret_token)
{
    const struct mst_keys *keys = domain->keys;
    struct mst_row_grant_token grant = {.client_id = terms->client_id,
                                        .granter_id = terms->granter_id,
                                        .gen_ix = keys->current_gen_ix(keys->ctx),
                                        .kid = keys->current_kid(keys->ctx),
                                        .salt = (int64_t)mst_tx_random(tx),
                                        .permissions = terms->permissions};
    struct mst_row_client granter = {.id = terms->granter_id};
    struct mst_key_seed seed;
    enum mst_err err;

    *ret_verdict = MST_BAD_VALUE;
    if (terms->ttl_s < 1 || terms->ttl_s > MST_GRANT_TTL_MAX_S ||
        terms->permissions.len > MST_GRANT_PERMISSIONS_MAX)
        return MST_OK;
    err = mst_tx_get(tx, MST_IX_CLIENT, &granter);
    if (err == MST_OK)
        err = make_room(domain, tx, terms->client_id, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    grant.epoch = granter.epoch;
    grant.expires = mst_tx_wall_now(tx) + terms->ttl_s;
    err = mst_tx_insert(tx, MST_TABLE_GRANT_TOKEN, &grant);
    seed = grant_seed(&grant);
    return err != MST_OK ? err : keys->mint(keys->ctx, MST_HANDLE_GRANT, &seed, ret_token);
}

/* ---- using ---- */

/* A token names a row before it proves anything: without the row a dummy is compared (access.c). */
enum mst_err mst_grant_find(const struct mst_domain *domain, struct mst_tx *tx,
                            struct mst_span token, enum mst_verdict *ret_verdict,
                            struct mst_row_grant_token *ret_grant)
{
    const struct mst_keys *keys = domain->keys;
    struct mst_row_grant_token grant = {0};
    struct mst_key_seed seed;
    bool is_present;
    enum mst_err err = keys->locate(keys->ctx, MST_HANDLE_GRANT, token, &grant.id);

    *ret_verdict = MST_NO_AUTH;
    if (err != MST_OK)
        return err == MST_ESYNTAX || err == MST_ENOENT ? MST_OK : err;
    err = mst_tx_get(tx, MST_IX_GRANT_TOKEN, &grant);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    is_present = err == MST_OK;
    if (!is_present) {
        grant.kid = keys->current_kid(keys->ctx);
        grant.gen_ix = keys->current_gen_ix(keys->ctx);
    }
    seed = grant_seed(&grant);
    if (!keys->verify(keys->ctx, MST_HANDLE_GRANT, &seed, token) || !is_present)
        return MST_OK;
    err = standing_of(domain, tx, &grant, ret_verdict);
    if (err == MST_OK && *ret_verdict != MST_NO_AUTH)
        *ret_grant = grant;
    return err;
}

/* Is procedure in the list that comes next? */
static enum mst_err is_listed(struct mst_json *json, struct mst_arena *arena,
                              struct mst_span procedure, bool *ret_is_listed)
{
    struct mst_span name;
    bool is_more;
    enum mst_err err = mst_json_open(json, '[');

    *ret_is_listed = false;
    while (err == MST_OK && (err = mst_json_element(json, &is_more)) == MST_OK && is_more) {
        err = mst_json_string(json, arena, &name);
        if (err == MST_OK && mst_span_eq(name, procedure))
            *ret_is_listed = true;
    }
    return err;
}

/* A resource that was dropped since is in no scope. */
static enum mst_err add_to_scope(const struct mst_domain *domain, struct mst_tx *tx,
                                 struct mst_span rid, struct mst_grant_scope *scope)
{
    struct mst_row_resource resource;
    enum mst_verdict verdict;
    enum mst_err err = mst_access_rid(domain, tx, rid, &verdict, &resource);

    if (err != MST_OK || verdict != MST_DONE)
        return err;
    if (scope->n_ids == MST_GRANT_RESOURCES_MAX)
        return MST_ECORRUPT;
    scope->ids[scope->n_ids++] = resource.id;
    return MST_OK;
}

enum mst_err mst_grant_scope(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_row_grant_token *grant, struct mst_span procedure,
                             struct mst_grant_scope *ret_scope)
{
    struct mst_json json = mst_json_of(grant->permissions);
    struct mst_arena *arena = mst_tx_arena(tx);
    struct mst_grant_scope scope = {0};
    enum mst_err err = mst_json_open(&json, '{');
    struct mst_span rid;
    bool is_more, is_in;

    while (err == MST_OK && (err = mst_json_member(&json, arena, &is_more, &rid)) == MST_OK &&
           is_more) {
        err = is_listed(&json, arena, procedure, &is_in);
        if (err == MST_OK && is_in)
            err = add_to_scope(domain, tx, rid, &scope);
    }
    if (err == MST_OK)
        *ret_scope = scope;
    return err == MST_ESYNTAX ? MST_ECORRUPT : err;
}

static bool has_id(const struct mst_grant_scope *scope, int64_t id)
{
    for (size_t i = 0; i < scope->n_ids; i++)
        if (scope->ids[i] == id)
            return true;
    return false;
}

/* Upward from the resource to the client: one that was moved out of its tree is covered no more. */
enum mst_err mst_grant_covers(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_row_grant_token *grant,
                              const struct mst_grant_scope *scope, int64_t resource_id,
                              bool *ret_is_covered)
{
    struct mst_row_resource at = {.id = resource_id};
    bool is_named = has_id(scope, at.id);
    enum mst_err err = MST_OK;

    for (int depth = 0; depth <= MST_TREE_DEPTH_MAX && at.id != grant->client_id; depth++) {
        err = mst_tx_get(tx, MST_IX_RESOURCE, &at);
        if (err != MST_OK || at.owner_id == 0)
            break;
        at.id = at.owner_id;
        is_named = is_named || has_id(scope, at.id);
    }
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    is_named = is_named || (domain->defects & MST_DEFECTIVE_GRANT) != 0;
    *ret_is_covered = is_named && at.id == grant->client_id;
    return MST_OK;
}

enum mst_err mst_grant_remove_all(struct mst_tx *tx, int64_t client_id)
{
    const struct mst_row_grant_token key = {.client_id = client_id};

    return mst_sweep_delete(tx, MST_IX_GRANT_TOKEN_CLIENT, &key, 1, MST_TABLE_GRANT_TOKEN,
                            sizeof key);
}
