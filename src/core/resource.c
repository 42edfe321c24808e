#include "core/client.h"
#include "core/detail.h"
#include "core/quota.h"
#include "core/renew.h"
#include "core/rule.h"
#include "core/resource.h"
#include "core/share.h"
#include "core/subscribe.h"

/* ---- finding ---- */

static enum mst_err find_alias(struct mst_tx *tx, int64_t client_id, struct mst_span name,
                               enum mst_verdict *ret_verdict, struct mst_row_resource *ret_resource)
{
    struct mst_row_resource resource = {.id = client_id};
    struct mst_row_alias alias = {.client_id = client_id, .name = name};
    enum mst_err err = MST_OK;

    if (name.len > 0) {
        err = mst_tx_get(tx, MST_IX_ALIAS, &alias);
        resource.id = alias.resource_id;
    }
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    if (err == MST_OK)
        *ret_resource = resource;
    return MST_OK;
}

static enum mst_err find_rid(const struct mst_domain *domain, struct mst_tx *tx, int64_t caller_id,
                             struct mst_span rid, enum mst_verdict *ret_verdict,
                             struct mst_row_resource *ret_resource, bool *ret_is_own)
{
    enum mst_err err = mst_access_rid(domain, tx, rid, ret_verdict, ret_resource);

    *ret_is_own = false;
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    *ret_is_own = ret_resource->id == caller_id;
    return *ret_is_own ? MST_OK
                       : mst_access_is_within(tx, caller_id, ret_resource->owner_id, ret_is_own);
}

enum mst_err mst_resource_find(const struct mst_domain *domain, struct mst_tx *tx,
                               int64_t caller_id, const struct mst_ref *ref,
                               enum mst_verdict *ret_verdict, struct mst_row_resource *ret_resource)
{
    struct mst_row_resource resource;
    bool is_own;
    enum mst_err err;

    if (ref->is_alias)
        return find_alias(tx, caller_id, ref->text, ret_verdict, ret_resource);
    err = find_rid(domain, tx, caller_id, ref->text, ret_verdict, &resource, &is_own);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    *ret_verdict = is_own ? MST_DONE : MST_RESTRICTED;
    if (is_own)
        *ret_resource = resource;
    return MST_OK;
}

enum mst_err mst_resource_find_to_read(const struct mst_domain *domain, struct mst_tx *tx,
                                       int64_t caller_id, const struct mst_ref *ref,
                                       enum mst_verdict *ret_verdict,
                                       struct mst_row_resource *ret_resource, bool *ret_is_own)
{
    struct mst_row_resource resource;
    bool is_own = true, is_readable = true;
    enum mst_err err;

    if (ref->is_alias)
        err = find_alias(tx, caller_id, ref->text, ret_verdict, &resource);
    else
        err = find_rid(domain, tx, caller_id, ref->text, ret_verdict, &resource, &is_own);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (!is_own && !resource.is_public)
        err = mst_share_is_active(tx, caller_id, resource.id, &is_readable);
    if (err != MST_OK)
        return err;
    *ret_verdict = is_readable ? MST_DONE : MST_RESTRICTED;
    if (is_readable) {
        *ret_resource = resource;
        *ret_is_own = is_own;
    }
    return MST_OK;
}

/* ---- making ---- */

bool mst_kind_has_points(int64_t kind)
{
    return kind == MST_KIND_DATAPORT || kind == MST_KIND_DATARULE;
}

static bool is_text(struct mst_span text, size_t max_bytes)
{
    return text.len <= max_bytes && mst_name_is_utf8(text);
}

static bool is_description(const struct mst_description *description)
{
    if ((description->has_name && !is_text(description->name, MST_NAME_MAX)) ||
        (description->has_meta && !is_text(description->meta, MST_META_MAX)) ||
        (description->has_detail && !is_text(description->detail, MST_DETAIL_MAX)))
        return false;
    for (int i = 0; i < MST_LIMIT_COUNT; i++) {
        if (description->has_limit[i] && description->limit[i] < MST_LIMIT_INHERIT)
            return false;
    }
    return true;
}

enum mst_err mst_resource_depth(struct mst_tx *tx, int64_t resource_id, unsigned *ret_depth)
{
    struct mst_row_resource resource = {.id = resource_id};
    unsigned depth = 0;

    for (;;) {
        enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
        if (err != MST_OK || depth > MST_TREE_DEPTH_MAX)
            return err == MST_OK || err == MST_ENOENT ? MST_ECORRUPT : err;
        if (resource.owner_id == 0)
            break;
        resource.id = resource.owner_id;
        depth++;
    }
    *ret_depth = depth;
    return MST_OK;
}

/* What the detail of a row makes of flow_bits. */
static enum mst_err set_flow_bits(struct mst_tx *tx, struct mst_row_resource *resource)
{
    struct mst_detail detail;
    enum mst_err err = mst_detail_read(mst_tx_arena(tx), resource->detail, &detail);

    if (err == MST_OK)
        resource->flow_bits = mst_detail_flow_bits(resource->kind, &detail);
    return err;
}

enum mst_err mst_resource_insert(const struct mst_domain *domain, struct mst_tx *tx,
                                 struct mst_row_resource *resource, struct mst_row_client *client,
                                 const int64_t limits[MST_LIMIT_COUNT],
                                 enum mst_verdict *ret_verdict)
{
    enum mst_err err;

    *ret_verdict = MST_DONE;
    resource->gen_ix = domain->keys->current_gen_ix(domain->keys->ctx);
    resource->created = resource->modified = mst_tx_wall_now(tx);
    resource->n_subscribers = 0;
    err = set_flow_bits(tx, resource);
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_RESOURCE, resource);
    if (err != MST_OK || resource->kind != MST_KIND_CLIENT)
        return err;
    client->id = resource->id;
    client->gen_ix = resource->gen_ix;
    mst_client_rekey(domain, tx, client);
    err = mst_tx_insert(tx, MST_TABLE_CLIENT, client);
    if (err != MST_OK)
        return err;
    return mst_quota_create(tx, resource->id, resource->owner_id, limits, ret_verdict);
}

/* Is the rule of a datarule, if one is given, one that can be carried out? */
static enum mst_err judge_rule(struct mst_tx *tx, int64_t kind, int64_t format,
                               const struct mst_description *description,
                               enum mst_verdict *ret_verdict)
{
    struct mst_rule rule;

    *ret_verdict = MST_DONE;
    if (kind != MST_KIND_DATARULE || !description->has_detail)
        return MST_OK;
    return mst_rule_read(mst_tx_arena(tx), (enum mst_format)format, description->detail,
                         ret_verdict, &rule);
}

enum mst_err mst_resource_create(const struct mst_domain *domain, struct mst_tx *tx,
                                 const struct mst_row_resource *parent, enum mst_kind kind,
                                 const struct mst_description *description, int64_t attempt,
                                 enum mst_verdict *ret_verdict,
                                 struct mst_row_resource *ret_resource)
{
    struct mst_row_resource resource = {.kind = kind,
                                        .owner_id = parent->id,
                                        .is_public = description->is_public,
                                        .format = description->format,
                                        .name = description->name,
                                        .meta = description->meta,
                                        .detail = description->detail};
    struct mst_row_client client = {
        .state = MST_STATE_ACTIVATED, .is_locked = description->is_locked, .key_attempt = attempt};
    unsigned depth;
    enum mst_err err;

    *ret_verdict = MST_BAD_VALUE;
    if (parent->kind != MST_KIND_CLIENT || !is_description(description) ||
        mst_kind_has_points(kind) != (description->format != MST_FORMAT_NONE))
        return MST_OK;
    err = judge_rule(tx, kind, description->format, description, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    err = mst_resource_depth(tx, parent->id, &depth);
    if (err != MST_OK)
        return err;
    if (depth >= MST_TREE_DEPTH_MAX) {
        *ret_verdict = MST_NO_ROOM;
        return MST_OK;
    }
    err = mst_quota_charge(tx, parent->id, mst_counted_kind(kind), 1, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    /* A limit that is not given is 0 in the description, which is its default (2.15.5). */
    err = mst_resource_insert(domain, tx, &resource, &client, description->limit, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE && kind != MST_KIND_CLIENT)
        err = mst_subscribe(domain, tx, &resource, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        *ret_resource = resource;
    return err;
}

/* ---- changing ---- */

/* A source that was dropped does not stand in the way of other changes. */
static enum mst_err update_detail(const struct mst_domain *domain, struct mst_tx *tx,
                                  struct mst_row_resource *changed, struct mst_span detail,
                                  enum mst_verdict *ret_verdict)
{
    struct mst_detail before, after;
    enum mst_err err = mst_detail_read(mst_tx_arena(tx), changed->detail, &before);

    if (err == MST_OK)
        err = mst_detail_read(mst_tx_arena(tx), detail, &after);
    if (err != MST_OK)
        return err;
    changed->detail = detail;
    changed->flow_bits = mst_detail_flow_bits(changed->kind, &after);
    if (!(domain->defects & MST_DEFECTIVE_MEMORY))
        err = mst_renew_begin(tx, changed, &before, &after, ret_verdict);
    return err == MST_OK && *ret_verdict == MST_DONE &&
                   !mst_span_eq(before.subscribe, after.subscribe)
               ? mst_subscribe(domain, tx, changed, ret_verdict)
               : err;
}

static enum mst_err update_row(const struct mst_domain *domain, struct mst_tx *tx,
                               const struct mst_row_resource *resource,
                               const struct mst_description *description,
                               enum mst_verdict *ret_verdict)
{
    struct mst_row_resource changed = *resource;
    uint64_t mask = MST_BIT(resource, modified);
    enum mst_err err = MST_OK;

    changed.modified = mst_tx_wall_now(tx);
    if (description->has_name) {
        changed.name = description->name;
        mask |= MST_BIT(resource, name);
    }
    if (description->has_meta) {
        changed.meta = description->meta;
        mask |= MST_BIT(resource, meta);
    }
    if (description->has_public) {
        changed.is_public = description->is_public;
        mask |= MST_BIT(resource, is_public);
    }
    if (description->has_detail) {
        err = update_detail(domain, tx, &changed, description->detail, ret_verdict);
        mask |= MST_BIT(resource, detail) | MST_BIT(resource, flow_bits);
    }
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return mst_tx_update(tx, MST_TABLE_RESOURCE, &changed, mask);
}

static enum mst_err update_client(struct mst_tx *tx, const struct mst_row_resource *resource,
                                  const struct mst_description *description,
                                  enum mst_verdict *ret_verdict)
{
    const struct mst_row_client client = {.id = resource->id, .is_locked = description->is_locked};
    enum mst_err err = MST_OK;

    if (description->has_locked)
        err = mst_tx_update(tx, MST_TABLE_CLIENT, &client, MST_BIT(client, is_locked));
    if (err != MST_OK)
        return err;
    return mst_quota_update(tx, resource, description->has_limit, description->limit, ret_verdict);
}

enum mst_err mst_resource_update(const struct mst_domain *domain, struct mst_tx *tx,
                                 int64_t caller_id, const struct mst_row_resource *resource,
                                 const struct mst_description *description,
                                 enum mst_verdict *ret_verdict)
{
    enum mst_err err = MST_OK;

    if (resource->id == caller_id || resource->owner_id == 0)
        *ret_verdict = MST_RESTRICTED;
    else if (!is_description(description) ||
             (description->has_format && mst_kind_has_points(resource->kind) &&
              (int64_t)description->format != resource->format))
        *ret_verdict = MST_BAD_VALUE;
    else
        *ret_verdict = MST_DONE;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    err = judge_rule(tx, resource->kind, resource->format, description, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (resource->kind == MST_KIND_CLIENT)
        err = update_client(tx, resource, description, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return update_row(domain, tx, resource, description, ret_verdict);
}

/* ---- looking ---- */

static enum mst_err fill_client_info(const struct mst_domain *domain, struct mst_tx *tx,
                                     struct mst_info *info)
{
    enum mst_err err;

    info->client.id = info->quota.client_id = info->resource.id;
    err = mst_tx_get(tx, MST_IX_CLIENT, &info->client);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_QUOTA, &info->quota);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    info->status =
        mst_lifecycle_word(mst_client_state(domain, tx, &info->client), info->client.is_locked);
    return info->may_see_key ? mst_client_cik(domain, tx, &info->client, &info->key) : MST_OK;
}

enum mst_err mst_resource_info(const struct mst_domain *domain, struct mst_tx *tx,
                               int64_t caller_id, const struct mst_row_resource *resource,
                               struct mst_info *ret_info)
{
    const bool is_owner = resource->owner_id == caller_id;
    const bool is_client = resource->kind == MST_KIND_CLIENT;
    struct mst_info info = {.resource = *resource,
                            .status = "",
                            .may_see_owner_view = is_owner || resource->id == caller_id,
                            .may_see_key = is_owner && is_client};
    enum mst_err err = is_client ? fill_client_info(domain, tx, &info) : MST_OK;

    if (err == MST_OK)
        *ret_info = info;
    return err;
}

/* ---- events of a client's key (transitions 23 to 25) ---- */

/* The client that key names: by its CIK in any state, for deactivate also by its RID. */
static enum mst_err find_by_key(const struct mst_domain *domain, struct mst_tx *tx,
                                enum mst_lifecycle_event event, struct mst_span key,
                                int64_t attempt, enum mst_verdict *ret_verdict,
                                struct mst_row_client *ret_client)
{
    struct mst_row_resource resource;
    bool is_right;
    enum mst_err err = mst_access_key(domain, tx, key, &is_right, ret_client);

    if (err != MST_OK)
        return err;
    /* A revoke that is run again finds its own new key in place of the one it was given. */
    if (event == MST_ON_REVOKE && attempt != 0 && ret_client->key_attempt == attempt)
        is_right = true;
    *ret_verdict = is_right ? MST_DONE : MST_NOT_FOUND;
    if (is_right || event != MST_ON_RPC_DEACTIVATE)
        return MST_OK;
    err = mst_access_rid(domain, tx, key, ret_verdict, &resource);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    ret_client->id = resource.id;
    err = mst_tx_get(tx, MST_IX_CLIENT, ret_client);
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    return err == MST_ENOENT ? MST_OK : err;
}

/* The serial number that the client hangs on, and its model's window. */
static enum mst_err fill_change(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_resource *resource, struct mst_change *change)
{
    struct mst_row_model model = {.id = resource->model_id};
    enum mst_err err;

    change->window_s = domain->window_s;
    if (resource->model_id == 0)
        return MST_OK;
    err = mst_tx_get(tx, MST_IX_MODEL, &model);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    change->window_s = mst_window_of(domain, &model);
    change->model_id = resource->model_id;
    change->sn = resource->sn;
    return MST_OK;
}

static bool is_done_before(const struct mst_row_client *client, enum mst_lifecycle_event event,
                           int64_t attempt)
{
    if (attempt == 0)
        return false;
    if (event == MST_ON_REVOKE)
        return client->key_attempt == attempt;
    return event == MST_ON_RPC_ACTIVATE && client->state == MST_STATE_ACTIVATED &&
           client->attempt == attempt;
}

enum mst_err mst_client_key_event(const struct mst_domain *domain, struct mst_tx *tx,
                                  int64_t caller_id, enum mst_lifecycle_event event,
                                  struct mst_span key, int64_t attempt, struct mst_span peer,
                                  enum mst_verdict *ret_verdict)
{
    struct mst_change change = {.attempt = attempt, .peer = peer};
    struct mst_row_resource resource = {0};
    struct mst_row_client client;
    struct mst_transition step;
    bool is_below = false;
    enum mst_err err = find_by_key(domain, tx, event, key, attempt, ret_verdict, &client);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    resource.id = client.id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    if (resource.id != caller_id)
        err = mst_access_is_within(tx, caller_id, resource.owner_id, &is_below);
    if (err != MST_OK)
        return err;
    step = mst_lifecycle_step(mst_client_state(domain, tx, &client), event, client.is_locked);
    if (!is_below)
        *ret_verdict = MST_NOT_OWNED;
    else if (is_done_before(&client, event, attempt))
        *ret_verdict = MST_DONE;
    else
        *ret_verdict = step.verdict;
    if (*ret_verdict != MST_DONE || is_done_before(&client, event, attempt))
        return MST_OK;
    if (event == MST_ON_REVOKE && (domain->defects & MST_DEFECTIVE_REVOKE))
        return MST_OK;
    err = fill_change(domain, tx, &resource, &change);
    return err != MST_OK ? err : mst_client_apply(domain, tx, &client, &step, &change);
}
