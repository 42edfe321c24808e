/*
 * Cloning (protocol.md 1.9). The whole template is read first, parents before
 * children, and only then copied: the owner may lie inside the template, and what the
 * copying adds must not be copied again. Aliases follow when every copy has its
 * number. References in a detail text (subscribe, preprocess) are RIDs in
 * quotes; one that names a resource of the template is replaced by its copy's, which has the
 * same length.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/client.h"
#include "core/clone.h"
#include "core/data.h"
#include "core/quota.h"
#include "core/subscribe.h"

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
    struct node **by_id; /* sorted, for references */
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
    if (clone->domain->defects & MST_DEFECTIVE_CLONE)
        return err;
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

static int compare_ids(const void *a, const void *b)
{
    const int64_t left = (*(const struct node *const *)a)->source.id;
    const int64_t right = (*(const struct node *const *)b)->source.id;

    return left < right ? -1 : left > right;
}

static enum mst_err sort_nodes(struct clone *clone)
{
    size_t n = 0;

    clone->by_id = mst_arena_array(mst_tx_arena(clone->tx), clone->n_nodes, sizeof *clone->by_id);
    if (!clone->by_id)
        return MST_ENOMEM;
    for (struct node *node = clone->first; node; node = node->next)
        clone->by_id[n++] = node;
    qsort(clone->by_id, n, sizeof *clone->by_id, compare_ids);
    return MST_OK;
}

/* The node of the resource that rid names; NULL if it lies outside the template. */
static enum mst_err node_of_rid(const struct clone *clone, struct mst_span rid,
                                const struct node **ret_node)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct node wanted, *const key = &wanted, **found = NULL;
    enum mst_err err = mst_access_rid(clone->domain, clone->tx, rid, &verdict, &wanted.source);

    if (err == MST_OK && verdict == MST_DONE)
        found = bsearch(&key, clone->by_id, clone->n_nodes, sizeof *clone->by_id, compare_ids);
    *ret_node = found ? *found : NULL;
    return err;
}

/* If rid is that of a source, its copy's is written to place. */
static enum mst_err rewrite_rid(const struct clone *clone, struct mst_span rid, char *place,
                                bool *ret_is_changed)
{
    const struct node *node;
    struct mst_handle handle;
    enum mst_err err = node_of_rid(clone, rid, &node);

    if (err != MST_OK || !node)
        return err;
    err = mst_domain_rid(clone->domain, &node->copy, &handle);
    if (err != MST_OK)
        return err;
    memcpy(place, handle.text, sizeof handle.text);
    *ret_is_changed = true;
    return MST_OK;
}

/* Replaces in copy, which is as long as text, each string of text that is the RID of a source. */
static enum mst_err rewrite_value(const struct clone *clone, struct mst_span text, char *copy,
                                  bool *ret_is_changed)
{
    struct mst_json json = mst_json_of(text);
    enum mst_err err = MST_OK;
    struct mst_span string;
    size_t from;

    while (err == MST_OK && (from = mst_span_find(text, '"', json.cur.pos)) < text.len) {
        (void)mst_cur_skip(&json.cur, from - json.cur.pos);
        err = mst_json_string(&json, mst_tx_arena(clone->tx), &string);
        if (err == MST_OK && json.cur.pos == from + MST_HANDLE_CHARS + 2)
            err = rewrite_rid(clone, string, &copy[from + 1], ret_is_changed);
    }
    return err == MST_ESYNTAX ? MST_OK : err;
}

/* Only these keys of a detail hold references; a message or a script may hold any text. */
static bool has_references(struct mst_span key)
{
    return mst_span_eq(key, MST_LIT("preprocess")) || mst_span_eq(key, MST_LIT("subscribe"));
}

static enum mst_err rewrite(const struct clone *clone, struct mst_span text, char *copy,
                            bool *ret_is_changed)
{
    struct mst_json json = mst_json_of(text);
    struct mst_arena *arena = mst_tx_arena(clone->tx);
    enum mst_err err = mst_json_open(&json, '{');
    struct mst_span key;
    bool is_more;

    while (err == MST_OK && (err = mst_json_member(&json, arena, &is_more, &key)) == MST_OK &&
           is_more) {
        size_t from = json.cur.pos;

        err = mst_json_skip(&json);
        if (err == MST_OK && has_references(key))
            err = rewrite_value(clone, mst_span_cut(text, from, json.cur.pos), &copy[from],
                                ret_is_changed);
    }
    return err == MST_ESYNTAX ? MST_OK : err; /* what is no JSON is copied as it is */
}

static enum mst_err copy_references_of(const struct clone *clone, struct node *node)
{
    struct mst_span text = node->copy.detail;
    char *copy = mst_arena_alloc(mst_tx_arena(clone->tx), text.len);
    bool is_changed = false;
    enum mst_err err;

    if (!copy)
        return MST_ENOMEM;
    memcpy(copy, text.ptr, text.len);
    err = rewrite(clone, text, copy, &is_changed);
    if (err != MST_OK || !is_changed)
        return err;
    node->copy.detail = mst_span_of(copy, text.len);
    return mst_tx_update(clone->tx, MST_TABLE_RESOURCE, &node->copy, MST_BIT(resource, detail));
}

static enum mst_err copy_references(struct clone *clone)
{
    enum mst_err err = sort_nodes(clone);

    for (struct node *node = clone->first; node && err == MST_OK; node = node->next) {
        if (node->copy.detail.len > MST_HANDLE_CHARS)
            err = copy_references_of(clone, node);
    }
    return err;
}

/* When every copy has its references. */
static enum mst_err copy_subscriptions(struct clone *clone, enum mst_verdict *ret_verdict)
{
    enum mst_err err = MST_OK;

    for (struct node *node = clone->first; node && err == MST_OK && *ret_verdict == MST_DONE;
         node = node->next) {
        if (node->copy.detail.len > MST_HANDLE_CHARS)
            err = mst_subscribe_copy(clone->domain, clone->tx, &node->copy, ret_verdict);
    }
    return err;
}

/* ---- points ---- */

/* Which points are still to be copied, by commands of their own file (copying.h). */
static enum mst_err note_points(struct clone *clone)
{
    enum mst_err err = MST_OK;

    for (const struct node *node = clone->first; node && err == MST_OK; node = node->next) {
        struct mst_row_point_copy row = {.target_id = node->copy.id, .source_id = node->source.id};

        if (mst_kind_has_points(node->source.kind))
            err = mst_tx_insert(clone->tx, MST_TABLE_POINT_COPY, &row);
    }
    return err;
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
        err = copy_subscriptions(&clone, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (!(options & MST_MODEL_NOHISTORICAL))
        err = note_points(&clone);
    if (err == MST_OK)
        *ret_resource = clone.first->copy;
    return err;
}

/* ---- points of a whole tree ---- */

enum mst_err mst_clone_count_points(struct mst_tx *tx, int64_t template_id, int64_t *ret_n)
{
    struct mst_row_resource template = {.id = template_id};
    struct clone clone = {.tx = tx};
    int64_t n = 0;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &template);

    if (err == MST_OK)
        err = read_tree(&clone, &template);
    for (const struct node *node = clone.first; node && err == MST_OK; node = node->next) {
        if (mst_kind_has_points(node->source.kind) && n <= MST_CLONE_POINTS_MAX)
            err = mst_data_count(tx, node->source.id, MST_CLONE_POINTS_MAX + 1, &n);
    }
    if (err != MST_OK && err != MST_ENOENT && err != MST_EFULL)
        return err;
    *ret_n = n;
    return MST_OK;
}

static enum mst_err
tell_copy(struct mst_tx *tx, const struct node *node,
          enum mst_err (*each)(void *arg, const struct mst_row_point_copy *copy), void *arg)
{
    struct mst_row_point_copy copy = {.target_id = node->source.id};
    enum mst_err err = mst_tx_get(tx, MST_IX_POINT_COPY, &copy);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    return each(arg, &copy);
}

enum mst_err
mst_clone_copies(struct mst_tx *tx, int64_t clone_id,
                 enum mst_err (*each)(void *arg, const struct mst_row_point_copy *copy), void *arg)
{
    struct mst_row_resource root = {.id = clone_id};
    struct clone clone = {.tx = tx};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &root);

    if (err == MST_ENOENT) /* dropped already */
        return MST_OK;
    if (err == MST_OK)
        err = read_tree(&clone, &root);
    for (const struct node *node = clone.first; node && err == MST_OK; node = node->next) {
        if (mst_kind_has_points(node->source.kind))
            err = tell_copy(tx, node, each, arg);
    }
    return err;
}
