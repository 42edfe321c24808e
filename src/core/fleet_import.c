/*
 * Resources keep the RIDs they had, live and pending clients their keys (foreign.h); row numbers and
 * everything that is derived are this server's own. An item that is there is recognised by its RID, or
 * by its name within what it belongs to, and not compared further: since the first import the
 * devices may have gone on living.
 */
#include "core/fleet.h"
#include "base/limits.h"
#include "core/content.h"
#include "core/foreign.h"
#include "core/group.h"
#include "core/lending.h"
#include "core/quota.h"
#include "core/serial.h"
#include "core/subscribe.h"
#include "core/vendor.h"

struct import {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    const struct mst_fleet_import *to;
    const struct mst_fleet_item *item;
    struct mst_row_vendor vendor; /* id 0: it is not there yet */
    int64_t domain_id;            /* of its domain client, 0 the same */
    struct mst_row_model model;   /* the item's, where it belongs to one */
    int64_t content_id;           /* found by find_entry */
    enum mst_fleet_outcome outcome;
    enum mst_verdict verdict;
    const char *why;
};

static const char key_taken[] =
    "its key is taken here: re-enable one of the two devices that have it";

static enum mst_err refuse(struct import *import, enum mst_verdict verdict, const char *why)
{
    import->verdict = verdict;
    import->why = why;
    return MST_OK;
}

static enum mst_err leave_out(struct import *import, const char *why)
{
    import->outcome = MST_FLEET_LEFT_OUT;
    import->why = why;
    return MST_OK;
}

static enum mst_err there(struct import *import)
{
    import->outcome = MST_FLEET_THERE;
    return MST_OK;
}

/* What should have come before is missing: while checking it may only not have been kept. */
static enum mst_err missing(struct import *import, const char *why)
{
    return import->to->is_checking ? MST_OK : refuse(import, MST_NOT_FOUND, why);
}

static bool is_given(const struct mst_handle *handle)
{
    return handle->text[0] != '\0';
}

static enum mst_err find_rid(const struct import *import, const struct mst_handle *rid,
                             bool *ret_is_there, struct mst_row_resource *ret_resource)
{
    enum mst_verdict verdict;
    enum mst_err err =
        mst_access_rid(import->domain, import->tx, mst_handle_span(rid), &verdict, ret_resource);

    *ret_is_there = err == MST_OK && verdict == MST_DONE;
    return err;
}

/* ---- the tree ---- */

static bool is_text(struct mst_span text, size_t max_bytes)
{
    return text.len <= max_bytes && mst_name_is_utf8(text);
}

static bool is_sound_client(const struct mst_fleet_item *item)
{
    for (int i = 0; i < MST_LIMIT_COUNT; i++)
        if (item->limits[i] < MST_LIMIT_INHERIT)
            return false;
    return item->state >= MST_STATE_PENDING && item->state < MST_STATE_COUNT && item->left_s >= 0 &&
           item->left_s <= MST_WINDOW_S_MAX && item->suspect >= MST_SUSPECT_NO &&
           item->suspect <= MST_SUSPECT_SEEN && item->activated_by.len <= MST_NAME_MAX;
}

static bool is_sound(const struct mst_fleet_item *item, enum mst_kind kind)
{
    const bool has_points = mst_kind_has_points(kind);

    for (size_t i = 0; i < item->n_aliases; i++)
        if (!mst_name_is_alias(item->aliases[i]))
            return false;
    return is_given(&item->rid) && is_text(item->name, MST_NAME_MAX) &&
           is_text(item->meta, MST_META_MAX) && is_text(item->detail, MST_DETAIL_MAX) &&
           (has_points ? item->format >= MST_FORMAT_FLOAT && item->format <= MST_FORMAT_STRING
                       : item->format == MST_FORMAT_NONE) &&
           (kind != MST_KIND_CLIENT || is_sound_client(item));
}

static bool is_domain(const struct import *import)
{
    return mst_span_eq(mst_handle_span(&import->item->rid),
                       mst_handle_span(&import->to->domain_rid));
}

/* The owner-to-be: for the domain client the root, for all others a client in the fleet itself, so that
   no file adds to what is somebody else's. */
static enum mst_err find_owner(struct import *import, bool *ret_is_there,
                               struct mst_row_resource *ret_owner)
{
    bool is_within = import->to->is_checking; /* or the domain client was not kept */
    enum mst_err err;

    *ret_is_there = false;
    if (is_domain(import) != !is_given(&import->item->owner))
        return refuse(import, MST_BAD_VALUE, "the owner is not one that the fleet can have");
    if (is_domain(import)) {
        *ret_owner = (struct mst_row_resource){0};
        err = mst_domain_root(import->tx, &ret_owner->id);
        if (err == MST_OK)
            err = mst_tx_get(import->tx, MST_IX_RESOURCE, ret_owner);
        *ret_is_there = err == MST_OK;
        return err;
    }
    err = find_rid(import, &import->item->owner, ret_is_there, ret_owner);
    if (err == MST_OK && !*ret_is_there)
        return missing(import, "its owner is not there");
    if (err == MST_OK && import->domain_id != 0)
        err = mst_access_is_within(import->tx, import->domain_id, ret_owner->id, &is_within);
    if (err == MST_OK && (!is_within || ret_owner->kind != MST_KIND_CLIENT))
        return refuse(import, MST_RESTRICTED, "its owner is not a client of this fleet");
    return err;
}

/* One that has the RID already. */
static enum mst_err compare(struct import *import, enum mst_kind kind,
                            const struct mst_row_resource *found)
{
    struct mst_row_resource owner;
    bool has_owner;
    enum mst_err err = find_owner(import, &has_owner, &owner);

    if (err != MST_OK || import->verdict != MST_DONE)
        return err;
    if (found->kind != kind || !has_owner || found->owner_id != owner.id)
        return refuse(import, MST_EXISTS, "its RID is that of something else here");
    return there(import);
}

static enum mst_err add_aliases(struct import *import, const struct mst_row_resource *resource)
{
    const struct mst_fleet_item *item = import->item;

    for (size_t i = 0; i < item->n_aliases; i++) {
        struct mst_row_alias alias = {
            .client_id = resource->owner_id, .name = item->aliases[i], .resource_id = resource->id};
        enum mst_err err = mst_tx_insert(import->tx, MST_TABLE_ALIAS, &alias);
        if (err == MST_EEXIST)
            return refuse(import, MST_IN_USE, "its owner uses one of the aliases already");
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

/* The key that the client had, instead of the one derived for it. */
static enum mst_err set_key(struct import *import, int64_t client_id)
{
    struct mst_row_client client = {.id = client_id};
    enum mst_err err;

    if (!is_given(&import->item->cik))
        return MST_OK;
    err = mst_tx_get(import->tx, MST_IX_CLIENT, &client);
    if (err == MST_OK)
        err = mst_foreign_set_cik(import->domain, import->tx, &client,
                                  mst_handle_span(&import->item->cik), &import->verdict);
    if (err != MST_OK || import->verdict != MST_DONE)
        return err != MST_OK ? err : refuse(import, import->verdict, key_taken);
    return mst_tx_update(import->tx, MST_TABLE_CLIENT, &client, MST_BIT(client, foreign_bits));
}

/* While checking, of a client whose owner was not kept: is at least its key free? */
static enum mst_err check_key(struct import *import)
{
    struct mst_row_client other;
    bool is_taken = false;
    enum mst_err err = MST_OK;

    if (is_given(&import->item->cik))
        err = mst_access_key(import->domain, import->tx, mst_handle_span(&import->item->cik),
                             &is_taken, &other);
    return err == MST_OK && is_taken ? refuse(import, MST_EXISTS, key_taken) : err;
}

static enum mst_err insert(struct import *import, struct mst_row_resource *resource)
{
    const struct mst_fleet_item *item = import->item;
    struct mst_row_client client = {.state = item->state,
                                    .is_locked = item->is_locked != 0,
                                    .log_at = item->activated_at,
                                    .log_peer = item->activated_by,
                                    .deadline = item->state == MST_STATE_PENDING
                                                    ? mst_deadline_after(import->tx, item->left_s)
                                                    : 0};
    enum mst_err err = mst_quota_charge(import->tx, resource->owner_id,
                                        mst_counted_kind(resource->kind), 1, &import->verdict);

    if (err == MST_OK && import->verdict == MST_DONE)
        err = mst_resource_insert(import->domain, import->tx, resource, &client, item->limits,
                                  &import->verdict);
    if (err != MST_OK || import->verdict != MST_DONE)
        return err != MST_OK ? err
                             : refuse(import, import->verdict, "its owner has no room for it");
    resource->created = item->created;
    resource->modified = item->modified;
    err = mst_tx_update(import->tx, MST_TABLE_RESOURCE, resource,
                        MST_BIT(resource, created) | MST_BIT(resource, modified));
    client.suspect = item->suspect; /* a new key, which the inserting made, is none */
    if (err == MST_OK && item->suspect != 0)
        err = mst_tx_update(import->tx, MST_TABLE_CLIENT, &client, MST_BIT(client, suspect));
    return err;
}

static enum mst_err subscribe(struct import *import, const struct mst_row_resource *resource)
{
    enum mst_err err = mst_subscribe_import(import->domain, import->tx, resource, &import->verdict);

    return err == MST_OK && import->verdict != MST_DONE
               ? refuse(import, import->verdict, "too many resources would get the same values")
               : err;
}

static enum mst_err import_resource(struct import *import)
{
    const struct mst_fleet_item *item = import->item;
    const enum mst_kind kind = MST_KIND_CLIENT + (enum mst_kind)(item->type - MST_FLEET_CLIENT);
    struct mst_row_resource resource = {.kind = kind,
                                        .is_public = item->is_public != 0,
                                        .format = item->format,
                                        .name = item->name,
                                        .meta = item->meta,
                                        .detail = item->detail};
    struct mst_row_resource owner, found;
    bool has_owner, is_there;
    unsigned depth = 0;
    enum mst_err err;

    if (!is_sound(item, kind))
        return refuse(import, MST_BAD_VALUE, "one of its values cannot be");
    err = find_rid(import, &item->rid, &is_there, &found);
    if (err != MST_OK || is_there)
        return err != MST_OK ? err : compare(import, kind, &found);
    err = find_owner(import, &has_owner, &owner);
    if (err != MST_OK || import->verdict != MST_DONE)
        return err;
    if (!has_owner)
        return check_key(import);
    resource.owner_id = owner.id;
    err = mst_resource_depth(import->tx, owner.id, &depth);
    if (err == MST_OK && depth >= MST_TREE_DEPTH_MAX)
        return refuse(import, MST_NO_ROOM, "the tree is too deep there");
    if (err == MST_OK)
        err = insert(import, &resource);
    if (err == MST_OK && import->verdict == MST_DONE)
        err = mst_foreign_set_rid(import->domain, import->tx, &resource,
                                  mst_handle_span(&item->rid), &import->verdict);
    if (err == MST_OK && import->verdict != MST_DONE && !import->why)
        return refuse(import, import->verdict, "its RID is none");
    if (err == MST_OK && import->verdict == MST_DONE && kind == MST_KIND_CLIENT)
        err = set_key(import, resource.id);
    if (err == MST_OK && import->verdict == MST_DONE)
        err = add_aliases(import, &resource);
    if (err == MST_OK && import->verdict == MST_DONE && kind != MST_KIND_CLIENT)
        err = subscribe(import, &resource);
    return err;
}

/* ---- the vendor and its models ---- */

static enum mst_err import_vendor(struct import *import)
{
    struct mst_row_vendor vendor = {.name = import->item->name, .client_id = import->domain_id};
    enum mst_err err;

    if (!mst_span_eq(import->item->name, import->to->vendor) || !is_domain(import) ||
        !mst_name_is_vendor(import->item->name))
        return refuse(import, MST_BAD_VALUE, "it is not the vendor of this file");
    if (import->vendor.id != 0)
        return there(import);
    if (import->domain_id == 0)
        return missing(import, "its domain client is not there");
    err = mst_tx_insert(import->tx, MST_TABLE_VENDOR, &vendor);
    return err == MST_EEXIST
               ? refuse(import, MST_EXISTS, "the domain client has another vendor name here")
               : err;
}

static enum mst_err is_in_fleet(const struct import *import, int64_t resource_id, bool *ret_is_in)
{
    *ret_is_in = false;
    if (import->domain_id == 0)
        return MST_OK;
    return mst_access_is_within(import->tx, import->domain_id, resource_id, ret_is_in);
}

/* A client of the fleet by its RID; 0 if it is not there, or somebody else's. */
static enum mst_err client_id_of(const struct import *import, const struct mst_handle *rid,
                                 int64_t *ret_id)
{
    struct mst_row_resource resource;
    bool is_there = false, is_ours = false;
    enum mst_err err = is_given(rid) ? find_rid(import, rid, &is_there, &resource) : MST_OK;

    if (err == MST_OK && is_there && resource.kind == MST_KIND_CLIENT)
        err = is_in_fleet(import, resource.id, &is_ours);
    if (err == MST_OK)
        *ret_id = is_ours ? resource.id : 0;
    return err;
}

static enum mst_err import_model(struct import *import)
{
    const struct mst_fleet_item *item = import->item;
    const int64_t options = MST_MODEL_NOALIASES | MST_MODEL_NOCOMMENTS | MST_MODEL_NOHISTORICAL;
    struct mst_row_model model = {.vendor_id = import->vendor.id,
                                  .name = item->name,
                                  .options = item->options,
                                  .window_s = item->window_s};
    enum mst_err err;

    if (!mst_name_is_model(item->name) || item->options & ~options || item->window_s < 0 ||
        item->window_s > MST_WINDOW_S_MAX)
        return refuse(import, MST_BAD_VALUE, "one of its values cannot be");
    if (import->vendor.id == 0)
        return missing(import, "its vendor is not there");
    err = client_id_of(import, &item->template, &model.template_id);
    if (err == MST_OK)
        err = client_id_of(import, &item->creator, &model.creator_id);
    if (err == MST_OK && model.creator_id == 0)
        model.creator_id = import->vendor.client_id;
    if (err == MST_OK)
        err = mst_tx_insert(import->tx, MST_TABLE_MODEL, &model);
    if (err == MST_EEXIST)
        return there(import);
    if (err == MST_OK && model.template_id == 0)
        import->why = "its template is not part of the fleet: nothing can be enabled until it gets "
                      "another one";
    return err;
}

static enum mst_err import_share(struct import *import)
{
    enum mst_verdict verdict;
    enum mst_err err = mst_lending_check(import->tx, &import->model, import->item->name, &verdict);

    if (err != MST_OK || verdict == MST_DONE)
        return err != MST_OK ? err : there(import);
    err = mst_lending_add(import->tx, &import->model, import->item->name, &verdict);
    if (err == MST_OK && verdict == MST_NO_VENDOR)
        return leave_out(import, "there is no vendor of that name here to share the model with");
    return err == MST_OK && verdict != MST_DONE
               ? refuse(import, verdict, "a model is not shared with its own vendor")
               : err;
}

static enum mst_err import_range(struct import *import)
{
    enum mst_verdict verdict;
    bool is_there;
    enum mst_err err = mst_range_has(import->tx, import->model.id, &import->item->range, &is_there);

    if (err != MST_OK || is_there)
        return err != MST_OK ? err : there(import);
    err = mst_range_add(import->tx, &import->model, &import->item->range, 1, &verdict);
    return err == MST_OK && verdict != MST_DONE
               ? refuse(import, verdict,
                        "the range cannot be, overlaps another one, or the model has no room")
               : err;
}

static enum mst_err import_group(struct import *import)
{
    enum mst_verdict verdict;
    enum mst_err err = mst_group_create(import->tx, import->model.id, import->item->name,
                                        import->item->meta, &verdict);

    if (err == MST_OK && verdict == MST_EXISTS)
        return there(import);
    return err == MST_OK && verdict != MST_DONE
               ? refuse(import, verdict, "one of its values cannot be, or the model has no room")
               : err;
}

static enum mst_err import_member(struct import *import)
{
    const struct mst_fleet_item *item = import->item;
    const struct mst_group_item put = {.type = item->member_type,
                                       .member = item->member,
                                       .expire = item->expire,
                                       .meta = item->meta};
    struct mst_row_group_member member = {.type = put.type, .member = put.member};
    struct mst_row_model_group group;
    enum mst_verdict verdict;
    enum mst_err err = mst_group_get(import->tx, import->model.id, item->group, &verdict, &group);

    if (err != MST_OK || verdict != MST_DONE)
        return err != MST_OK ? err : missing(import, "its group is not there");
    member.group_id = group.id;
    err = mst_tx_get(import->tx, MST_IX_GROUP_MEMBER, &member);
    if (err != MST_ENOENT)
        return err != MST_OK ? err : there(import);
    err = mst_group_put(import->tx, &group, &put, 1, &verdict);
    return err == MST_OK && verdict != MST_DONE
               ? refuse(import, verdict,
                        "one of its values cannot be, or the groups would form a circle or be full")
               : err;
}

/* The entry, without its bytes. */
static enum mst_err import_content(struct import *import)
{
    const struct mst_fleet_item *item = import->item;
    enum mst_verdict verdict;
    enum mst_err err = mst_content_create(import->tx, import->model.id, item->name, item->meta,
                                          item->is_protected != 0, &verdict);

    if (err == MST_OK && verdict == MST_EXISTS)
        return there(import);
    return err == MST_OK && verdict != MST_DONE
               ? refuse(import, verdict, "one of its values cannot be, or the model has no room")
               : err;
}

static enum mst_err import_blob(struct import *import)
{
    return refuse(import, MST_BAD_VALUE, "bytes of content go in calls of their own");
}

/* ---- serial numbers ---- */

/* A row number that no resource will ever have: for a serial number whose client was dropped. */
static enum mst_err burn_number(struct mst_tx *tx, int64_t *ret_id)
{
    struct mst_row_resource nobody = {.kind = MST_KIND_CLIENT};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &nobody);

    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_RESOURCE, &nobody);
    *ret_id = nobody.id;
    return err;
}

/* A client of the fleet; or, if a borrower enabled it, of the borrower's, which was imported too. */
static enum mst_err may_bind(const struct import *import, const struct mst_row_resource *client,
                             bool *ret_may)
{
    struct mst_row_vendor borrower;
    enum mst_verdict verdict;
    enum mst_err err = is_in_fleet(import, client->id, ret_may);

    if (err != MST_OK || *ret_may || client->foreign_rid.len == 0)
        return err;
    err = mst_vendor_get(import->tx, import->item->lent_to, &verdict, &borrower);
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    return mst_access_is_within(import->tx, borrower.client_id, client->id, ret_may);
}

static enum mst_err bind_client(struct import *import, struct mst_row_serial *serial)
{
    struct mst_row_resource client;
    bool is_there, may;
    enum mst_err err;

    if (!is_given(&import->item->rid))
        return import->item->is_orphan ? burn_number(import->tx, &serial->client_id) : MST_OK;
    err = find_rid(import, &import->item->rid, &is_there, &client);
    if (err != MST_OK)
        return err;
    if (!is_there) { /* a borrower's, whose own fleet may come later or never */
        import->why = import->to->is_checking
                          ? NULL
                          : "its client is not part of the fleet: the device must "
                            "be enabled again";
        return MST_OK;
    }
    if (client.kind != MST_KIND_CLIENT || client.sn.len > 0)
        return refuse(import, MST_EXISTS, "its client is none, or hangs on another serial number");
    err = may_bind(import, &client, &may);
    if (err != MST_OK || !may)
        return err != MST_OK ? err
                             : refuse(import, MST_RESTRICTED, "its client is somebody else's here");
    client.model_id = serial->model_id;
    client.sn = serial->sn;
    serial->client_id = client.id;
    return mst_tx_update(import->tx, MST_TABLE_RESOURCE, &client,
                         MST_BIT(resource, model_id) | MST_BIT(resource, sn));
}

/* Whoever enabled it through a share goes on seeing it, if that vendor is here. */
static enum mst_err note_borrower(struct import *import, struct mst_row_serial *serial)
{
    struct mst_row_vendor borrower;
    enum mst_verdict verdict;
    enum mst_err err;

    if (import->item->lent_to.len == 0 || serial->client_id == 0)
        return MST_OK;
    err = mst_vendor_get(import->tx, import->item->lent_to, &verdict, &borrower);
    return err == MST_OK && verdict == MST_DONE ? mst_lending_note(import->tx, serial, borrower.id)
                                                : err;
}

static enum mst_err add_log(struct import *import, const struct mst_row_serial *serial)
{
    for (size_t i = 0; i < import->item->n_log; i++) {
        struct mst_row_log entry = {.model_id = serial->model_id,
                                    .sn = serial->sn,
                                    .seq = (int64_t)i + 1,
                                    .at = import->item->log[i].at,
                                    .peer = import->item->log[i].peer};
        enum mst_err err = mst_tx_insert(import->tx, MST_TABLE_LOG, &entry);
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

static enum mst_err import_serial(struct import *import)
{
    const struct mst_serial_item item = {.sn = import->item->sn, .extra = import->item->extra};
    struct mst_row_serial serial = {.model_id = import->model.id, .sn = item.sn};
    size_t bad;
    enum mst_err err = mst_tx_get(import->tx, MST_IX_SERIAL, &serial);

    if (err == MST_OK)
        return there(import);
    if (err == MST_ENOENT)
        err = mst_serial_add(import->domain, import->tx, &import->model, &item, 1, &import->verdict,
                             &bad);
    if (err != MST_OK || import->verdict != MST_DONE)
        return err != MST_OK
                   ? err
                   : refuse(
                         import, import->verdict,
                         "the serial number has no form that is allowed, or another model of the "
                         "vendor lists it");
    err = mst_tx_get(import->tx, MST_IX_SERIAL, &serial);
    if (err == MST_OK)
        err = bind_client(import, &serial);
    if (err == MST_OK && import->verdict == MST_DONE)
        err = mst_tx_update(import->tx, MST_TABLE_SERIAL, &serial, MST_BIT(serial, client_id));
    if (err == MST_OK && import->verdict == MST_DONE)
        err = note_borrower(import, &serial);
    return err == MST_OK && import->verdict == MST_DONE ? add_log(import, &serial) : err;
}

static enum mst_err import_token(struct import *import)
{
    return leave_out(import, "a vendor token is not taken along: make a new one of that name");
}

/* ---- an item ---- */

typedef enum mst_err importer(struct import *import);

static const struct {
    importer *act;
    bool is_of_model;
} imports[MST_FLEET_TYPE_COUNT] = {
    [MST_FLEET_CLIENT] = {import_resource, false},
    [MST_FLEET_DATAPORT] = {import_resource, false},
    [MST_FLEET_DATARULE] = {import_resource, false},
    [MST_FLEET_DISPATCH] = {import_resource, false},
    [MST_FLEET_VENDOR] = {import_vendor,   false},
    [MST_FLEET_TOKEN] = {import_token,    false},
    [MST_FLEET_MODEL] = {import_model,    false},
    [MST_FLEET_SHARE] = {import_share,    true },
    [MST_FLEET_RANGE] = {import_range,    true },
    [MST_FLEET_GROUP] = {import_group,    true },
    [MST_FLEET_MEMBER] = {import_member,   true },
    [MST_FLEET_CONTENT] = {import_content,  true },
    [MST_FLEET_BLOB] = {import_blob,     false},
    [MST_FLEET_SERIAL] = {import_serial,   true },
};

/*
 * What is here of the fleet already. A vendor of its name must be this one. Without it, a client with the
 * RID of the domain client must be a child of the root that was imported itself: whatever a file calls
 * its domain client, nobody else's tree becomes its own.
 */
static enum mst_err find_fleet(struct import *import)
{
    enum mst_verdict verdict;
    struct mst_row_resource domain = {0};
    int64_t root_id = 0;
    bool is_there = false;
    enum mst_err err = mst_vendor_get(import->tx, import->to->vendor, &verdict, &import->vendor);

    if (err != MST_OK || verdict != MST_DONE)
        import->vendor = (struct mst_row_vendor){0};
    if (err == MST_OK)
        err = find_rid(import, &import->to->domain_rid, &is_there, &domain);
    if (err == MST_OK)
        err = mst_domain_root(import->tx, &root_id);
    if (err != MST_OK)
        return err;
    import->domain_id = is_there ? domain.id : 0;
    if (import->vendor.id != 0)
        return import->domain_id == import->vendor.client_id
                   ? MST_OK
                   : refuse(
                         import, MST_EXISTS,
                         "another vendor of that name is here: it has to give the name up first");
    return !is_there || (domain.owner_id == root_id && domain.foreign_rid.len > 0)
               ? MST_OK
               : refuse(import, MST_RESTRICTED, "its domain client is somebody else's here");
}

/* The model that the item belongs to. */
static enum mst_err find_model(struct import *import, bool *ret_is_there)
{
    enum mst_err err = MST_ENOENT;

    import->model =
        (struct mst_row_model){.vendor_id = import->vendor.id, .name = import->item->model};
    if (import->vendor.id != 0)
        err = mst_tx_get(import->tx, MST_IX_MODEL_NAME, &import->model);
    *ret_is_there = err == MST_OK;
    return err == MST_ENOENT ? missing(import, "its model is not there") : err;
}

/* Acts on the item where it belongs, and tells what came of it. */
static enum mst_err carry_out(struct import *import, importer *act, bool is_of_model,
                              enum mst_verdict *ret_verdict, enum mst_fleet_outcome *ret_outcome,
                              const char **ret_why)
{
    bool is_there = true;
    enum mst_err err = find_fleet(import);

    if (err == MST_OK && import->verdict == MST_DONE && is_of_model)
        err = find_model(import, &is_there);
    if (err == MST_OK && import->verdict == MST_DONE && is_there)
        err = act(import);
    *ret_verdict = import->verdict;
    *ret_outcome = import->outcome;
    *ret_why = import->why ? import->why : "";
    return err;
}

enum mst_err mst_fleet_import_item(const struct mst_domain *domain, struct mst_tx *tx,
                                   const struct mst_fleet_import *to,
                                   const struct mst_fleet_item *item, enum mst_verdict *ret_verdict,
                                   enum mst_fleet_outcome *ret_outcome, const char **ret_why)
{
    struct import import = {.domain = domain,
                            .tx = tx,
                            .to = to,
                            .item = item,
                            .outcome = MST_FLEET_MADE,
                            .verdict = MST_DONE};

    return carry_out(&import, imports[item->type].act, imports[item->type].is_of_model, ret_verdict,
                     ret_outcome, ret_why);
}

/* ---- the bytes of content ---- */

bool mst_fleet_is_last_piece(const struct mst_fleet_item *item)
{
    return item->sha256.len > 0;
}

/* Nothing that could not stand in the head of a reply. */
static bool is_mime(struct mst_span mime)
{
    for (size_t i = 0; i < mime.len; i++)
        if ((unsigned char)mime.ptr[i] < ' ' || mime.ptr[i] == 0x7f)
            return false;
    return mime.len > 0 && mime.len <= MST_MIME_MAX;
}

static bool is_sound_piece(const struct mst_fleet_item *item)
{
    if (item->piece < 0 || item->piece > (int64_t)(MST_CONTENT_MAX / MST_PIECE_MAX))
        return false;
    if (!mst_fleet_is_last_piece(item))
        return item->bytes.len == MST_PIECE_MAX && item->size == 0 && item->mime.len == 0;
    return item->bytes.len <= MST_PIECE_MAX && (item->bytes.len > 0 || item->piece == 0) &&
           item->size == item->piece * (int64_t)MST_PIECE_MAX + (int64_t)item->bytes.len &&
           is_mime(item->mime);
}

bool mst_fleet_is_next_piece(const struct mst_fleet_item *item, const struct mst_fleet_item *before)
{
    return item->type == MST_FLEET_BLOB && is_sound_piece(item) &&
           (!before ||
            (!mst_fleet_is_last_piece(before) && item->piece == before->piece + 1 &&
             mst_span_eq(item->model, before->model) && mst_span_eq(item->name, before->name)));
}

static enum mst_err find_entry(struct import *import)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_content content;
    enum mst_err err =
        mst_content_get(import->tx, import->model.id, import->item->name, &verdict, &content);

    if (err != MST_OK)
        return err;
    if (verdict != MST_DONE)
        return missing(import, "its entry of content is not there");
    import->content_id = content.id;
    return content.blob_id != 0 ? there(import) : MST_OK;
}

enum mst_err mst_fleet_find_entry(const struct mst_domain *domain, struct mst_tx *tx,
                                  const struct mst_fleet_import *to,
                                  const struct mst_fleet_item *piece, enum mst_verdict *ret_verdict,
                                  enum mst_fleet_outcome *ret_outcome, const char **ret_why,
                                  int64_t *ret_content_id)
{
    struct import import = {.domain = domain,
                            .tx = tx,
                            .to = to,
                            .item = piece,
                            .outcome = MST_FLEET_MADE,
                            .verdict = MST_DONE};
    enum mst_err err = carry_out(&import, find_entry, true, ret_verdict, ret_outcome, ret_why);

    *ret_content_id = import.content_id;
    return err;
}

/* Pieces lie there without a gap, or those behind one would never be swept. */
enum mst_err mst_fleet_add_pieces(const struct mst_domain *domain, struct mst_tx *tx,
                                  const struct mst_row_blob *blob,
                                  const struct mst_fleet_item *pieces, size_t n,
                                  enum mst_verdict *ret_verdict)
{
    struct mst_span before;
    enum mst_err err =
        pieces[0].piece == 0
            ? mst_blob_begin(domain, tx, blob->blob_id, blob->content_id, blob->attempt)
            : mst_blob_read(tx, blob->blob_id, (uint64_t)pieces[0].piece - 1, &before);

    *ret_verdict = err == MST_ENOENT ? MST_NOT_FOUND : MST_DONE;
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    for (size_t i = 0; i < n && err == MST_OK && *ret_verdict == MST_DONE; i++)
        if (pieces[i].bytes.len > 0)
            err = mst_blob_add(tx, blob->blob_id, (uint64_t)pieces[i].piece, pieces[i].bytes,
                               ret_verdict);
    return err;
}

enum mst_err mst_fleet_point(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_row_content *content, enum mst_verdict *ret_verdict,
                             enum mst_fleet_outcome *ret_outcome)
{
    struct mst_row_content entry = {.id = content->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONTENT, &entry);
    int64_t old_id;

    *ret_outcome = MST_FLEET_MADE;
    *ret_verdict = MST_NOT_FOUND;
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    if (entry.blob_id == 0 || entry.blob_id == content->blob_id)
        return mst_content_point(domain, tx, content, ret_verdict, &old_id);
    *ret_outcome = MST_FLEET_THERE;
    *ret_verdict = MST_DONE;
    return MST_OK;
}
