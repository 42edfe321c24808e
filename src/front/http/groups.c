/* /provision/manage/group/<model>/: groups of a model and what is in them (protocol.md 2.8). */
#include "core/group.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "wire/csv.h"

enum { GROUP_SEGMENT = 4 };

static bool read_page(const struct mst_form *query, struct mst_page *ret_page)
{
    return mst_param_page(query, MST_PAGE_MIN, ret_page);
}

enum mst_err mst_groups_of(struct mst_exchange *x, struct mst_tx *tx, const struct mst_form *query,
                           struct mst_span type, struct mst_span member)
{
    struct mst_page page;
    enum mst_err err;

    if (!read_page(query, &page))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    err = mst_group_list_of(tx, x->model.id, type, member, page.offset, page.limit, mst_reply_name,
                            x);
    return err == MST_OK ? mst_reply_rows(x) : err;
}

/* ---- the collection ---- */

static enum mst_err list_one(void *arg, const struct mst_row_model_group *group)
{
    struct mst_exchange *x = arg;

    (void)mst_csv_field(&x->reply, group->name);
    (void)mst_buf_add_byte(&x->reply, ',');
    (void)mst_csv_field(&x->reply, group->meta);
    return mst_csv_end(&x->reply);
}

enum mst_err mst_groups_list(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_page page;
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err != MST_OK)
        return err;
    if (!read_page(&query, &page))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    err = mst_group_list(tx, x->model.id, page.offset, page.limit, list_one, x);
    return err == MST_OK ? mst_reply_rows(x) : err;
}

struct group_work {
    struct mst_entry entry;
    struct mst_span meta;
};

enum mst_err mst_groups_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct group_work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form form;
    enum mst_err err;

    (void)tx;
    if (!work)
        return MST_ENOMEM;
    x->work = work;
    err = mst_exchange_form(x, &form);
    if (err != MST_OK)
        return err;
    work->meta = mst_form_value(&form, "meta");
    return mst_entry_read(x, &form, "id", &work->entry);
}

static enum mst_err find(struct mst_exchange *x, struct mst_tx *tx, const struct mst_param *id,
                         struct mst_row_model_group *ret_group)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err = mst_group_get(tx, x->model.id, id->text, &verdict, ret_group);

    if (err == MST_OK && verdict == MST_NOT_FOUND && id->plus.len > 0)
        err = mst_group_get(tx, x->model.id, id->plus, &verdict, ret_group);
    return mst_exchange_settle(x, err, verdict);
}

static enum mst_err find_segment(struct mst_exchange *x, struct mst_tx *tx,
                                 struct mst_row_model_group *ret_group)
{
    const struct mst_param id = {.text = mst_exchange_segment(x, GROUP_SEGMENT)};

    return find(x, tx, &id, ret_group);
}

enum mst_err mst_groups_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct group_work *work = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_model_group group;
    enum mst_err err;

    if (work->entry.is_delete) {
        err = find(x, tx, &work->entry.name, &group);
        if (err == MST_OK)
            err = mst_group_delete(tx, &group);
    } else {
        err = mst_group_create(tx, x->model.id, work->entry.name.text, work->meta, &verdict);
        err = mst_exchange_settle(x, err, verdict);
    }
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

/* ---- one group ---- */

enum mst_err mst_group_show(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_row_model_group group;
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err == MST_OK)
        err = find_segment(x, tx, &group);
    if (err != MST_OK)
        return err;
    if (mst_span_eq(mst_form_value(&query, "show"), MST_LIT("groups")))
        return mst_groups_of(x, tx, &query, MST_MEMBER_GROUP, group.name);
    (void)mst_csv_field(&x->reply, group.meta);
    (void)mst_buf_add_byte(&x->reply, ',');
    (void)mst_buf_add_i64(&x->reply, group.n_members);
    (void)mst_csv_end(&x->reply);
    return mst_exchange_answer(x, 200, MST_TYPE_CSV);
}

enum mst_err mst_group_erase(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_row_model_group group;
    enum mst_err err = find_segment(x, tx, &group);

    if (err == MST_OK)
        err = mst_group_delete(tx, &group);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

/* ---- its members: GET ---- */

static enum mst_err list_member(void *arg, const struct mst_row_group_member *member)
{
    struct mst_buf *out = &((struct mst_exchange *)arg)->reply;

    (void)mst_csv_field(out, member->type);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, member->member);
    (void)mst_buf_add_byte(out, ',');
    if (member->expire != 0)
        (void)mst_buf_add_i64(out, member->expire);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, member->meta);
    return mst_csv_end(out);
}

enum mst_err mst_members_list(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_row_model_group group;
    struct mst_param id;
    struct mst_span type;
    struct mst_page page;
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err == MST_OK)
        err = mst_param_get(x, &query, "id", &id);
    if (err != MST_OK)
        return err;
    if (!read_page(&query, &page))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    type = mst_form_value(&query, "type");
    err = find_segment(x, tx, &group);
    if (err == MST_OK)
        err = mst_group_members(tx, &group, type, id.text, page.offset, page.limit, list_member, x);
    if (err == MST_OK && x->reply.len == 0 && id.plus.len > 0)
        err = mst_group_members(tx, &group, type, id.plus, page.offset, page.limit, list_member, x);
    return err == MST_OK ? mst_reply_rows(x) : err;
}

/* ---- its members: POST, DELETE ---- */

struct members_work {
    bool is_delete;
    size_t n_items, n_max;
    struct mst_group_item *items;
    struct mst_span *pluses; /* of the members' names, to be tried when deleting (2.3) */
};

static enum mst_err make_room(struct mst_exchange *x, struct members_work *work, size_t n)
{
    work->n_max = n < MST_GROUP_MEMBERS_MAX ? n : MST_GROUP_MEMBERS_MAX;
    work->items = mst_arena_array(&x->arena, work->n_max, sizeof *work->items);
    work->pluses = mst_arena_array(&x->arena, work->n_max, sizeof *work->pluses);
    return work->items && work->pluses ? MST_OK : MST_ENOMEM;
}

static enum mst_err add_item(struct mst_exchange *x, struct members_work *work,
                             const struct mst_group_item *item, struct mst_span plus)
{
    if (work->n_items == work->n_max)
        return mst_exchange_refuse_with(x, 413);
    if (item->type.len == 0 || item->member.len == 0)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    work->items[work->n_items] = *item;
    work->pluses[work->n_items] = plus;
    work->n_items++;
    return MST_OK;
}

/* Unix seconds; empty or 0 = never. */
static bool read_expire(struct mst_span text, int64_t *ret_expire)
{
    uint64_t expire = 0;

    if (text.len > 0 && mst_span_u64(text, INT64_MAX, &expire) != MST_OK)
        return false;
    *ret_expire = (int64_t)expire;
    return true;
}

static enum mst_err read_csv(struct mst_exchange *x, struct members_work *work)
{
    struct mst_span body = mst_buf_span(&x->body);
    struct mst_csv csv = mst_csv_of(body);
    struct mst_span columns[4];
    size_t line;
    enum mst_err err = make_room(x, work, mst_csv_rows_max(body));

    while (err == MST_OK) {
        struct mst_group_item item = {0};

        err = mst_csv_row(&csv, &x->arena, columns, 4, &line);
        if (err != MST_OK)
            break;
        item.type = columns[0];
        item.member = columns[1];
        item.meta = columns[3];
        if (!work->is_delete && !read_expire(columns[2], &item.expire))
            return mst_exchange_refuse(x, MST_BAD_VALUE);
        err = add_item(x, work, &item, (struct mst_span){NULL, 0});
    }
    if (err == MST_ESYNTAX)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return err == MST_ENOENT ? MST_OK : err;
}

/* "id" counts once, as every scalar does; "id[]" each time. */
static enum mst_err read_form(struct mst_exchange *x, struct members_work *work)
{
    const struct mst_form_item *single;
    struct mst_group_item item = {0};
    struct mst_form form;
    enum mst_err err = mst_exchange_form(x, &form);

    if (err == MST_OK)
        err = make_room(x, work, form.n_items);
    if (err != MST_OK)
        return err;
    work->is_delete = work->is_delete || mst_param_is_delete(&form);
    item.type = mst_form_value(&form, "type");
    item.meta = mst_form_value(&form, "meta");
    if (!work->is_delete && !read_expire(mst_form_value(&form, "expire"), &item.expire))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    single = mst_form_get(&form, "id");
    for (size_t i = 0; i < form.n_items && err == MST_OK; i++) {
        struct mst_param id;

        if (&form.items[i] != single && !mst_span_eq(form.items[i].name, MST_LIT("id[]")))
            continue;
        err = mst_param_of(x, &form.items[i], &id);
        item.member = id.text;
        if (err == MST_OK)
            err = add_item(x, work, &item, id.plus);
    }
    return err;
}

enum mst_err mst_members_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct members_work *work = mst_arena_alloc(&x->arena, sizeof *work);
    enum mst_err err;

    (void)tx;
    if (!work)
        return MST_ENOMEM;
    x->work = work;
    work->is_delete = x->method == MST_METHOD_DELETE;
    err = mst_param_is_type(x, "text/csv") ? read_csv(x, work) : read_form(x, work);
    if (err == MST_OK && work->n_items == 0)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return err;
}

/* What is no member is skipped, as unknown serial numbers are (2.6.3). */
static enum mst_err remove_members(struct mst_tx *tx, struct mst_row_model_group *group,
                                   const struct members_work *work)
{
    for (size_t i = 0; i < work->n_items; i++) {
        const struct mst_group_item *item = &work->items[i];
        enum mst_verdict verdict = MST_NOT_FOUND;
        enum mst_err err = mst_group_remove(tx, group, item->type, item->member, &verdict);

        if (err == MST_OK && verdict == MST_NOT_FOUND && work->pluses[i].len > 0)
            err = mst_group_remove(tx, group, item->type, work->pluses[i], &verdict);
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

enum mst_err mst_members_change(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct members_work *work = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_model_group group;
    enum mst_err err = find_segment(x, tx, &group);

    if (err != MST_OK)
        return err;
    if (work->is_delete) {
        err = remove_members(tx, &group, work);
    } else {
        err = mst_group_put(tx, &group, work->items, work->n_items, &verdict);
        err = mst_exchange_settle(x, err, verdict);
    }
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}
