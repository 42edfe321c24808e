/*
 * Cloning (protocol.md 1.9). The whole template is read first, parents before
 * children, and only then copied: the owner may lie inside the template, and what the
 * copying adds must not be copied again. Aliases follow when every copy has its
 * number. References in a detail text (subscribe, preprocess) are RIDs in
 * quotes; one that names a resource of the template is replaced by its copy's, which has the
 * same length.
 */
#include <string.h>

#include "base/hex.h"
#include "core/client.h"
#include "core/quota.h"

struct node {
    struct mst_row_resource source;
    struct mst_row_resource copy;
    struct node *parent; /* NULL: the template itself */
    unsigned depth;
    int64_t n_children[MST_COUNTED_COUNT]; /* but for clients, which are drawn one by one */
    struct node *next;
};

struct clone {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    struct node *first, *last;
    struct node *parent; /* whose children are being read */
    size_t n_nodes;
    bool has_foreign; /* a RID brought from elsewhere is among them */
};

/* ---- reading ---- */

static enum mst_err add_node(struct clone *clone, const struct mst_row_resource *source)
{
    struct node *node;

    if (++clone->n_nodes > MST_CLONE_MAX)
        return MST_EFULL;
    node = mst_arena_alloc(mst_tx_arena(clone->tx), sizeof *node);
    if (!node)
        return MST_ENOMEM;
    *node = (struct node){.source = *source, .parent = clone->parent};
    node->depth = clone->parent ? clone->parent->depth + 1 : 0;
    clone->has_foreign |= source->foreign_rid.len > 0;
    if (clone->parent && source->kind != MST_KIND_CLIENT)
        clone->parent->n_children[mst_counted_kind(source->kind)]++;
    if (clone->last)
        clone->last->next = node;
    else
        clone->first = node;
    clone->last = node;
    return MST_OK;
}

static enum mst_err add_child(void *arg, const void *row)
{
    return add_node(arg, row);
}

static enum mst_err read_tree(struct clone *clone, const struct mst_row_resource *template)
{
    enum mst_err err = add_node(clone, template);

    for (struct node *node = clone->first; node && err == MST_OK; node = node->next) {
        const struct mst_row_resource key = {.owner_id = node->source.id};
        const struct mst_scan scan = {.index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 1};

        clone->parent = node;
        if (node->source.kind == MST_KIND_CLIENT)
            err = mst_tx_scan(clone->tx, &scan, add_child, clone);
    }
    return err;
}

static unsigned deepest(const struct clone *clone)
{
    unsigned depth = 0;

    for (const struct node *node = clone->first; node; node = node->next)
        depth = node->depth > depth ? node->depth : depth;
    return depth;
}

/* ---- copying ---- */

static enum mst_err insert_copy(struct clone *clone, struct node *node, int64_t owner_id,
                                struct mst_row_client *client,
                                const int64_t limits[MST_LIMIT_COUNT],
                                enum mst_verdict *ret_verdict)
{
    node->copy = node->source;
    node->copy.id = 0;
    node->copy.owner_id = owner_id;
    node->copy.model_id = 0;
    node->copy.sn = node->copy.foreign_rid = (struct mst_span){NULL, 0};
    return mst_resource_insert(clone->domain, clone->tx, &node->copy, client, limits, ret_verdict);
}

/* A new key, not yet live (1.5: clients made by cloning are PENDING), and the template's limits. What
   the client is to own is drawn at once, before it is made. */
static enum mst_err copy_client(struct clone *clone, struct node *node, int64_t owner_id,
                                int64_t deadline, int64_t attempt, enum mst_verdict *ret_verdict)
{
    struct mst_row_client client = {
        .state = MST_STATE_PENDING, .deadline = deadline, .key_attempt = attempt};
    struct mst_row_quota quota = {.client_id = node->source.id};
    int64_t limits[MST_LIMIT_COUNT];
    enum mst_err err = mst_tx_get(clone->tx, MST_IX_QUOTA, &quota);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    mst_quota_limits(&quota, limits);
    err = mst_quota_charge(clone->tx, owner_id, MST_COUNTED_CLIENT, 1, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = insert_copy(clone, node, owner_id, &client, limits, ret_verdict);
    for (unsigned what = 0; what < MST_COUNTED_COUNT && err == MST_OK && *ret_verdict == MST_DONE;
         what++)
        err = mst_quota_charge(clone->tx, node->copy.id, (enum mst_counted)what,
                               node->n_children[what], ret_verdict);
    return err;
}

static enum mst_err copy_tree(struct clone *clone, int64_t owner_id, int64_t deadline,
                              int64_t attempt, enum mst_verdict *ret_verdict)
{
    *ret_verdict = MST_DONE;
    for (struct node *node = clone->first; node; node = node->next) {
        int64_t id = node->parent ? node->parent->copy.id : owner_id;
        enum mst_err err = node->source.kind == MST_KIND_CLIENT
                               ? copy_client(clone, node, id, deadline, attempt, ret_verdict)
                               : insert_copy(clone, node, id, NULL, NULL, ret_verdict);
        if (err != MST_OK || *ret_verdict != MST_DONE)
            return err;
    }
    return MST_OK;
}

/* ---- aliases ---- */

struct alias_node {
    struct mst_row_alias alias;
    struct alias_node *next;
};

struct alias_copy {
    struct mst_tx *tx;
    struct alias_node *first;
};

static enum mst_err note_alias(void *arg, const void *row)
{
    struct alias_copy *copy = arg;
    struct alias_node *node = mst_arena_alloc(mst_tx_arena(copy->tx), sizeof *node);

    if (!node)
        return MST_ENOMEM;
    *node = (struct alias_node){.alias = *(const struct mst_row_alias *)row, .next = copy->first};
    copy->first = node;
    return MST_OK;
}

static enum mst_err copy_aliases_of(struct mst_tx *tx, const struct node *node)
{
    const struct mst_row_alias key = {.resource_id = node->source.id};
    const struct mst_scan scan = {.index = MST_IX_ALIAS_RESOURCE, .key = &key, .n_fixed = 1};
    struct alias_copy copy = {.tx = tx};
    enum mst_err err = mst_tx_scan(tx, &scan, note_alias, &copy);

    for (struct alias_node *at = copy.first; at && err == MST_OK; at = at->next) {
        at->alias.client_id = node->parent->copy.id;
        at->alias.resource_id = node->copy.id;
        err = mst_tx_insert(tx, MST_TABLE_ALIAS, &at->alias);
    }
    return err;
}

static enum mst_err copy_aliases(struct clone *clone)
{
    enum mst_err err = MST_OK;

    for (struct node *node = clone->first; node && err == MST_OK; node = node->next) {
        if (node->parent)
            err = copy_aliases_of(clone->tx, node);
    }
    return err;
}

/* ---- references ---- */

static const struct node *node_of_rid(const struct clone *clone, struct mst_span rid)
{
    const struct mst_keys *keys = clone->domain->keys;
    uint8_t bytes[MST_HANDLE_BYTES];
    struct mst_span foreign = mst_span_of(bytes, sizeof bytes);
    int64_t id = 0;

    if (mst_hex_decode(rid, bytes, sizeof bytes) != MST_OK ||
        (keys->locate(keys->ctx, MST_HANDLE_RID, rid, &id) != MST_OK && !clone->has_foreign))
        return NULL;
    for (const struct node *node = clone->first; node; node = node->next) {
        const struct mst_row_resource *source = &node->source;
        if (source->foreign_rid.len > 0 ? mst_span_eq(source->foreign_rid, foreign)
                                        : source->id == id)
            return node;
    }
    return NULL;
}

/* Replaces in text, at each pair of quotes 40 characters apart, the RID of a source. */
static enum mst_err rewrite(const struct clone *clone, struct mst_span text, char *copy,
                            bool *ret_is_changed)
{
    for (size_t at = mst_span_find(text, '"', 0);
         at < text.len && text.len - at > MST_HANDLE_CHARS + 1;
         at = mst_span_find(text, '"', at + 1)) {
        struct mst_span rid = mst_span_cut(text, at + 1, at + 1 + MST_HANDLE_CHARS);
        struct mst_handle handle;

        if (text.ptr[at + 1 + MST_HANDLE_CHARS] != '"')
            continue;
        const struct node *node = node_of_rid(clone, rid);
        if (!node)
            continue;
        enum mst_err err = mst_domain_rid(clone->domain, &node->copy, &handle);
        if (err != MST_OK)
            return err;
        memcpy(&copy[at + 1], handle.text, sizeof handle.text);
        *ret_is_changed = true;
    }
    return MST_OK;
}

static enum mst_err copy_references(const struct clone *clone)
{
    for (struct node *node = clone->first; node; node = node->next) {
        struct mst_span text = node->copy.detail;
        bool is_changed = false;
        char *copy;

        if (text.len <= MST_HANDLE_CHARS)
            continue;
        copy = mst_arena_alloc(mst_tx_arena(clone->tx), text.len);
        if (!copy)
            return MST_ENOMEM;
        memcpy(copy, text.ptr, text.len);
        enum mst_err err = rewrite(clone, text, copy, &is_changed);
        node->copy.detail = mst_span_of(copy, text.len);
        if (err == MST_OK && is_changed)
            err = mst_tx_update(clone->tx, MST_TABLE_RESOURCE, &node->copy,
                                MST_BIT(resource, detail));
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

enum mst_err mst_resource_clone(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_resource *template,
                                const struct mst_row_resource *owner, int64_t options,
                                int64_t deadline, int64_t attempt, enum mst_verdict *ret_verdict,
                                struct mst_row_resource *ret_resource)
{
    struct clone clone = {.domain = domain, .tx = tx};
    unsigned depth;
    enum mst_err err;

    if (template->kind != MST_KIND_CLIENT || owner->kind != MST_KIND_CLIENT) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    err = read_tree(&clone, template);
    if (err == MST_OK)
        err = mst_resource_depth(tx, owner->id, &depth);
    if (err == MST_EFULL || (err == MST_OK && depth + 1 + deepest(&clone) > MST_TREE_DEPTH_MAX)) {
        *ret_verdict = MST_NO_ROOM;
        return MST_OK;
    }
    if (err != MST_OK)
        return err;
    err = copy_tree(&clone, owner->id, deadline, attempt, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (!(options & MST_MODEL_NOALIASES))
        err = copy_aliases(&clone);
    if (err == MST_OK)
        err = copy_references(&clone);
    if (err == MST_OK)
        *ret_resource = clone.first->copy;
    return err;
}
