#include "front/http/params.h"
#include "wire/csv.h"

enum mst_err mst_param_of(struct mst_exchange *x, const struct mst_form_item *item,
                          struct mst_param *ret_param)
{
    struct mst_param param = {.text = item->value};
    enum mst_err err = mst_form_plus(&x->arena, item->raw_value, &param.plus);

    if (err == MST_OK)
        *ret_param = param;
    return err;
}

enum mst_err mst_param_get(struct mst_exchange *x, const struct mst_form *form, const char *name,
                           struct mst_param *ret_param)
{
    const struct mst_form_item *item = mst_form_get(form, name);

    if (item)
        return mst_param_of(x, item, ret_param);
    *ret_param = (struct mst_param){0};
    return MST_OK;
}

bool mst_param_is_delete(const struct mst_form *form)
{
    return mst_form_true(form, "delete") || mst_form_true(form, "remove");
}

enum mst_err mst_entry_read(struct mst_exchange *x, const struct mst_form *form, const char *param,
                            struct mst_entry *ret_entry)
{
    struct mst_entry entry = {.is_delete = mst_param_is_delete(form)};
    enum mst_err err = mst_param_get(x, form, param, &entry.name);

    if (err != MST_OK)
        return err;
    if (entry.name.text.len == 0)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    *ret_entry = entry;
    return MST_OK;
}

enum mst_err mst_entry_prepare(struct mst_exchange *x, const char *param)
{
    struct mst_entry *entry = mst_arena_alloc(&x->arena, sizeof *entry);
    struct mst_form form;
    enum mst_err err;

    if (!entry)
        return MST_ENOMEM;
    x->work = entry;
    err = mst_exchange_form(x, &form);
    return err == MST_OK ? mst_entry_read(x, &form, param, entry) : err;
}

bool mst_param_int(const struct mst_form *form, const char *name, int64_t *ret_value)
{
    const struct mst_form_item *item = mst_form_get(form, name);

    if (!item || item->value.len == 0)
        return true;
    switch ((int)mst_span_i64(item->value, ret_value)) {
    case MST_OK:
        return true;
    case MST_EINVAL:
        *ret_value = item->value.ptr[0] == '-' ? INT64_MIN : INT64_MAX;
        return true;
    default:
        return false;
    }
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

bool mst_param_page(const struct mst_form *query, int64_t limit, struct mst_page *ret_page)
{
    int64_t offset = 0;

    if (!mst_param_int(query, "offset", &offset) || !mst_param_int(query, "limit", &limit))
        return false;
    ret_page->offset = (uint64_t)clamp(offset, 0, INT64_MAX);
    ret_page->limit = (uint64_t)clamp(limit, MST_PAGE_MIN, MST_PAGE_MAX);
    return true;
}

bool mst_param_is_type(const struct mst_exchange *x, const char *word)
{
    struct mst_span want = mst_span_str(word);

    for (size_t i = 0; i + want.len <= x->content_type.len; i++)
        if (mst_span_eq_nocase(mst_span_cut(x->content_type, i, i + want.len), want))
            return true;
    return false;
}

enum mst_err mst_reply_name(void *arg, struct mst_span name)
{
    struct mst_exchange *x = arg;

    (void)mst_csv_field(&x->reply, name);
    return mst_csv_end(&x->reply);
}

enum mst_err mst_reply_rows(struct mst_exchange *x)
{
    return x->reply.len == 0 ? mst_exchange_answer(x, 204, NULL)
                             : mst_exchange_answer(x, 200, MST_TYPE_CSV);
}
