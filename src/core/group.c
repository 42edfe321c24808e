#include "core/group.h"
#include "core/sweep.h"

bool mst_group_is_current(struct mst_tx *tx, const struct mst_row_group_member *member)
{
    return member->expire == 0 || mst_tx_wall_now(tx) < member->expire;
}

/* ---- groups ---- */

enum mst_err mst_group_get(struct mst_tx *tx, int64_t model_id, struct mst_span name,
                           enum mst_verdict *ret_verdict, struct mst_row_model_group *ret_group)
{
    struct mst_row_model_group group = {.model_id = model_id, .name = name};
    enum mst_err err = mst_tx_get(tx, MST_IX_MODEL_GROUP_NAME, &group);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    if (err == MST_OK)
        *ret_group = group;
    return MST_OK;
}

static enum mst_err note_row(void *arg, const void *row)
{
    bool *is_there = arg;

    (void)row;
    *is_there = true;
    return MST_OK;
}

/* Does the scan find n rows, or more? */
static enum mst_err has_rows(struct mst_tx *tx, enum mst_index index, const void *key,
                             unsigned n_fixed, uint64_t n, bool *ret_has)
{
    const struct mst_scan scan = {
        .index = index, .key = key, .n_fixed = n_fixed, .offset = n - 1, .limit = 1};

    *ret_has = false;
    return mst_tx_scan(tx, &scan, note_row, ret_has);
}

enum mst_err mst_group_create(struct mst_tx *tx, int64_t model_id, struct mst_span name,
                              struct mst_span meta, enum mst_verdict *ret_verdict)
{
    struct mst_row_model_group group = {.model_id = model_id, .name = name, .meta = meta};
    bool is_full;
    enum mst_err err;

    if (!mst_name_is_group(name) || !mst_name_is_meta(meta)) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    err = has_rows(tx, MST_IX_MODEL_GROUP_NAME, &group, 1, MST_GROUPS_MAX, &is_full);
    if (err == MST_OK && !is_full)
        err = mst_tx_insert(tx, MST_TABLE_MODEL_GROUP, &group);
    if (err != MST_OK && err != MST_EEXIST)
        return err;
    *ret_verdict = err == MST_EEXIST ? MST_EXISTS : is_full ? MST_NO_ROOM : MST_DONE;
    return MST_OK;
}

enum mst_err mst_group_delete(struct mst_tx *tx, const struct mst_row_model_group *group)
{
    const struct mst_row_group_member members = {.group_id = group->id};
    enum mst_err err = mst_sweep_delete(tx, MST_IX_GROUP_MEMBER, &members, 1,
                                        MST_TABLE_GROUP_MEMBER, sizeof members);

    if (err == MST_OK)
        err = mst_group_forget(tx, group->model_id, MST_MEMBER_GROUP, group->name);
    return err == MST_OK ? mst_tx_delete(tx, MST_TABLE_MODEL_GROUP, group) : err;
}

struct group_reader {
    enum mst_err (*each)(void *arg, const struct mst_row_model_group *group);
    void *arg;
};

static enum mst_err show_group(void *arg, const void *row)
{
    struct group_reader *reader = arg;

    return reader->each(reader->arg, row);
}

enum mst_err
mst_group_list(struct mst_tx *tx, int64_t model_id, uint64_t offset, uint64_t limit,
               enum mst_err (*each)(void *arg, const struct mst_row_model_group *group), void *arg)
{
    const struct mst_row_model_group key = {.model_id = model_id};
    const struct mst_scan scan = {.index = MST_IX_MODEL_GROUP_NAME,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .offset = offset,
                                  .limit = limit};
    struct group_reader reader = {each, arg};

    return mst_tx_scan(tx, &scan, show_group, &reader);
}

struct of_reader {
    struct mst_tx *tx;
    uint64_t n_skip, n_left;
    enum mst_err (*each)(void *arg, struct mst_span name);
    void *arg;
};

static enum mst_err show_group_of(void *arg, const void *row)
{
    const struct mst_row_group_member *member = row;
    struct mst_row_model_group group = {.id = member->group_id};
    struct of_reader *reader = arg;
    enum mst_err err;

    if (!mst_group_is_current(reader->tx, member))
        return MST_OK;
    if (reader->n_skip > 0) {
        reader->n_skip--;
        return MST_OK;
    }
    if (reader->n_left == 0)
        return MST_EREFUSED;
    reader->n_left--;
    err = mst_tx_get(reader->tx, MST_IX_MODEL_GROUP, &group);
    if (err == MST_ENOENT) /* deleted since the scan began (READ COMMITTED) */
        return MST_OK;
    return err == MST_OK ? reader->each(reader->arg, group.name) : err;
}

enum mst_err mst_group_list_of(struct mst_tx *tx, int64_t model_id, struct mst_span type,
                               struct mst_span member, uint64_t offset, uint64_t limit,
                               enum mst_err (*each)(void *arg, struct mst_span name), void *arg)
{
    const struct mst_row_group_member key = {.model_id = model_id, .type = type, .member = member};
    const struct mst_scan scan = {.index = MST_IX_GROUP_MEMBER_OF, .key = &key, .n_fixed = 3};
    struct of_reader reader = {tx, offset, limit, each, arg};

    return mst_tx_scan(tx, &scan, show_group_of, &reader);
}

/* ---- members ---- */

static enum mst_err set_count(struct mst_tx *tx, const struct mst_row_model_group *group)
{
    return mst_tx_update(tx, MST_TABLE_MODEL_GROUP, group, MST_BIT(model_group, n_members));
}

static bool is_item(const struct mst_group_item *item)
{
    return mst_name_is_group(item->type) && mst_name_is_group(item->member) &&
           mst_name_is_meta(item->meta) && item->expire >= 0;
}

/* *ret_is_new: it was no member before. */
static enum mst_err put_item(struct mst_tx *tx, const struct mst_row_model_group *group,
                             const struct mst_group_item *item, enum mst_verdict *ret_verdict,
                             bool *ret_is_new)
{
    struct mst_row_group_member row = {.group_id = group->id,
                                       .type = item->type,
                                       .member = item->member,
                                       .model_id = group->model_id,
                                       .expire = item->expire,
                                       .meta = item->meta};
    bool is_full;
    enum mst_err err = mst_tx_update(tx, MST_TABLE_GROUP_MEMBER, &row,
                                     MST_BIT(group_member, expire) | MST_BIT(group_member, meta));

    *ret_verdict = MST_DONE;
    *ret_is_new = err == MST_ENOENT;
    if (err != MST_ENOENT)
        return err;
    err = has_rows(tx, MST_IX_GROUP_MEMBER_OF, &row, 3, MST_GROUPS_OF_MAX, &is_full);
    if (err == MST_OK && is_full)
        *ret_verdict = MST_NO_ROOM;
    return err == MST_OK && !is_full ? mst_tx_insert(tx, MST_TABLE_GROUP_MEMBER, &row) : err;
}

enum mst_err mst_group_put(struct mst_tx *tx, const struct mst_row_model_group *group,
                           const struct mst_group_item *items, size_t n_items,
                           enum mst_verdict *ret_verdict)
{
    struct mst_row_model_group counted = *group;
    bool is_nesting = false;
    enum mst_verdict verdict = n_items <= MST_GROUP_MEMBERS_MAX ? MST_DONE : MST_BAD_VALUE;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < n_items && verdict == MST_DONE; i++)
        if (!is_item(&items[i]))
            verdict = MST_BAD_VALUE;
    for (size_t i = 0; i < n_items && err == MST_OK && verdict == MST_DONE; i++) {
        bool is_new;

        err = put_item(tx, group, &items[i], &verdict, &is_new);
        counted.n_members += is_new;
        is_nesting = is_nesting || (is_new && mst_span_eq(items[i].type, MST_MEMBER_GROUP));
    }
    if (err == MST_OK && verdict == MST_DONE)
        err = set_count(tx, &counted);
    if (err == MST_OK && verdict == MST_DONE && is_nesting)
        err = mst_group_check_nesting(tx, group->model_id, &verdict);
    if (err == MST_OK)
        *ret_verdict = verdict;
    return err;
}

enum mst_err mst_group_remove(struct mst_tx *tx, struct mst_row_model_group *group,
                              struct mst_span type, struct mst_span member,
                              enum mst_verdict *ret_verdict)
{
    const struct mst_row_group_member row = {.group_id = group->id, .type = type, .member = member};
    enum mst_err err = mst_tx_delete(tx, MST_TABLE_GROUP_MEMBER, &row);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    if (err == MST_ENOENT)
        return MST_OK;
    group->n_members--;
    return set_count(tx, group);
}

struct member_reader {
    enum mst_err (*each)(void *arg, const struct mst_row_group_member *member);
    void *arg;
};

static enum mst_err show_member(void *arg, const void *row)
{
    struct member_reader *reader = arg;

    return reader->each(reader->arg, row);
}

static enum mst_err note_type(void *arg, const void *row)
{
    struct mst_span *type = arg;

    *type = ((const struct mst_row_group_member *)row)->type;
    return MST_OK;
}

/* The member of that name of each type: goes from type to type, not from member to member. */
static enum mst_err list_name(struct mst_tx *tx, struct mst_row_group_member *key, uint64_t offset,
                              uint64_t limit, const struct member_reader *reader)
{
    const struct mst_scan next_type = {
        .index = MST_IX_GROUP_MEMBER, .key = key, .n_fixed = 1, .has_after = true, .limit = 1};

    while (limit > 0) {
        struct mst_span type = {NULL, 0};
        struct mst_row_group_member found;
        enum mst_err err = mst_tx_scan(tx, &next_type, note_type, &type);

        if (err != MST_OK || type.len == 0)
            return err;
        key->type = type;
        found = *key;
        err = mst_tx_get(tx, MST_IX_GROUP_MEMBER, &found);
        if (err == MST_ENOENT)
            continue;
        if (err == MST_OK && offset == 0) {
            limit--;
            err = reader->each(reader->arg, &found);
        } else if (err == MST_OK) {
            offset--;
        }
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

enum mst_err
mst_group_members(struct mst_tx *tx, const struct mst_row_model_group *group, struct mst_span type,
                  struct mst_span member, uint64_t offset, uint64_t limit,
                  enum mst_err (*each)(void *arg, const struct mst_row_group_member *member),
                  void *arg)
{
    struct mst_row_group_member key = {.group_id = group->id, .type = type, .member = member};
    const struct mst_scan scan = {.index = MST_IX_GROUP_MEMBER,
                                  .key = &key,
                                  .n_fixed = type.len == 0     ? 1U
                                             : member.len == 0 ? 2U
                                                               : 3U,
                                  .offset = offset,
                                  .limit = limit};
    struct member_reader reader = {each, arg};

    if (type.len == 0 && member.len > 0)
        return list_name(tx, &key, offset, limit, &reader);
    return mst_tx_scan(tx, &scan, show_member, &reader);
}

/* ---- what is deleted ---- */

static enum mst_err leave_group(void *arg, struct mst_tx *tx, const void *row)
{
    const struct mst_row_group_member *member = row;
    struct mst_row_model_group group = {.id = member->group_id};
    enum mst_verdict verdict;
    enum mst_err err = mst_tx_get(tx, MST_IX_MODEL_GROUP, &group);

    (void)arg;
    return err == MST_OK ? mst_group_remove(tx, &group, member->type, member->member, &verdict)
                         : err;
}

enum mst_err mst_group_forget(struct mst_tx *tx, int64_t model_id, struct mst_span type,
                              struct mst_span member)
{
    const struct mst_row_group_member key = {.model_id = model_id, .type = type, .member = member};

    return mst_sweep(tx, MST_IX_GROUP_MEMBER_OF, &key, 3, sizeof key, leave_group, NULL);
}

enum mst_err mst_group_forget_model(struct mst_tx *tx, int64_t model_id)
{
    const struct mst_row_group_member members = {.model_id = model_id};
    const struct mst_row_model_group groups = {.model_id = model_id};
    enum mst_err err = mst_sweep_delete(tx, MST_IX_GROUP_MEMBER_OF, &members, 1,
                                        MST_TABLE_GROUP_MEMBER, sizeof members);

    return err == MST_OK ? mst_sweep_delete(tx, MST_IX_MODEL_GROUP_NAME, &groups, 1,
                                            MST_TABLE_MODEL_GROUP, sizeof groups)
                         : err;
}
