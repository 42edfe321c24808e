/* GET /muster/v1/why: why can a serial number not activate? An addition of ours (core/why.h). */
#include "base/json.h"
#include "core/why.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "wire/ranges_json.h"

static void add_text(struct mst_buf *out, const char *name, struct mst_span text)
{
    if (text.len == 0)
        return;
    (void)mst_buf_addf(out, ",\"%s\":", name);
    (void)mst_json_put(out, text);
}

static void add_number(struct mst_buf *out, const char *name, int64_t value)
{
    (void)mst_buf_addf(out, ",\"%s\":", name);
    (void)mst_buf_add_i64(out, value);
}

static void add_client(struct mst_buf *out, const struct mst_why *why)
{
    add_text(out, "rid", mst_handle_span(&why->rid));
    add_number(out, "created", why->created);
    add_text(out, "client_status", mst_span_str(why->status));
    if (why->has_window) {
        add_number(out, "deadline", why->deadline);
        add_number(out, "seconds_left", why->left_s > 0 ? why->left_s : 0);
    }
    if (why->activated_at != 0) {
        add_number(out, "activated_at", why->activated_at);
        add_text(out, "activated_from", why->activated_from);
    }
}

/* Members that do not apply are left out. */
static void add_facts(struct mst_buf *out, const struct mst_why *why)
{
    add_text(out, "vendor", why->vendor);
    add_text(out, "model", why->model);
    add_text(out, "sn", why->sn);
    add_text(out, "near_vendor", why->near.vendor);
    add_text(out, "near_model", why->near.model);
    add_text(out, "near_sn", why->near.sn);
    add_text(out, "listed_under", why->elsewhere);
    if (why->is_in_range) {
        (void)mst_buf_add_str(out, ",\"range\":");
        (void)mst_ranges_json_put_text(out, &why->range);
    }
    if (why->is_template_gone)
        (void)mst_buf_add_str(out, ",\"template_gone\":true");
    if (why->has_client)
        add_client(out, why);
}

/* The code that a device which activates now is answered. */
static unsigned status_of(enum mst_verdict verdict)
{
    return verdict == MST_DONE ? 200 : mst_outcome_status(MST_FAMILY_ACTIVATE, verdict);
}

static enum mst_err read_names(struct mst_exchange *x, struct mst_activation *ret_activation)
{
    struct mst_param vendor, model, sn;
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err == MST_OK)
        err = mst_param_get(x, &query, "vendor", &vendor);
    if (err == MST_OK)
        err = mst_param_get(x, &query, "model", &model);
    if (err == MST_OK)
        err = mst_param_get(x, &query, "sn", &sn);
    if (err != MST_OK)
        return err;
    if (!mst_form_get(&query, "vendor")) /* then the asker's own is meant */
        vendor.text = x->manager.vendor.name;
    *ret_activation = (struct mst_activation){.vendor = vendor.text,
                                              .model = model.text,
                                              .sn = sn.text,
                                              .plus_vendor = vendor.plus,
                                              .plus_model = model.plus,
                                              .plus_sn = sn.plus};
    return MST_OK;
}

enum mst_err mst_why_get(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_buf *out = &x->reply;
    struct mst_activation activation = {0};
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_why why;
    enum mst_err err = read_names(x, &activation);

    if (err == MST_OK)
        err = mst_why(mst_exchange_domain(x), tx, &x->manager.vendor, &activation, &verdict, &why);
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    (void)mst_buf_addf(out, "{\"verdict\":\"%s\",\"status\":%u", why.word, status_of(why.verdict));
    add_text(out, "text", mst_span_str(why.text));
    add_text(out, "advice", mst_span_str(why.advice));
    add_facts(out, &why);
    (void)mst_buf_add_byte(out, '}');
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}
