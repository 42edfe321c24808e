/*
 * /provision/manage/content/<model>/: firmware and files of a model (protocol.md 2.7).
 *
 * An upload goes piece by piece: hashed on the loop, stored by a command of content.db, and when all are
 * there a command of muster.db points the entry to them. Whatever ends it before that, the blob is
 * given up, and the sweeper takes it away.
 */
#include "front/http/content.h"
#include "front/http/delivery.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "wire/csv.h"
#include "wire/digest.h"

enum { CONTENT_SEGMENT = 4 };

/* ---- rows and blobs ---- */

enum mst_err mst_content_row_id(void *arg, const struct mst_row_content *content)
{
    return mst_reply_name(arg, content->name);
}

enum mst_err mst_content_answer_info(struct mst_exchange *x, const struct mst_row_content *content,
                                     bool has_protected)
{
    struct mst_buf *out = &x->reply;

    (void)mst_csv_field(out, content->mime);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_buf_add_i64(out, content->size);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_buf_add_i64(out, content->updated);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, content->meta);
    if (has_protected)
        (void)mst_buf_add_str(out, content->is_protected ? ",true" : ",false");
    (void)mst_csv_end(out);
    return mst_exchange_answer(x, 200, MST_TYPE_CSV);
}

struct download {
    int64_t blob_id;
};

/* Into *ret_bytes from memory or the store, or, without memory for it, into the reply. */
static enum mst_err fetch(struct mst_exchange *x, struct mst_tx *tx, int64_t blob_id, uint64_t n,
                          struct mst_span *ret_bytes)
{
    int64_t id = MST_CHUNK_ID(blob_id, n);
    enum mst_err err;

    if (mst_recent_find(x->env->recent, id, ret_bytes))
        return MST_OK;
    err = mst_blob_read(tx, blob_id, n, ret_bytes);
    if (err != MST_OK || mst_recent_keep(x->env->recent, id, *ret_bytes, ret_bytes))
        return err;
    err = mst_buf_add(&x->reply, *ret_bytes);
    *ret_bytes = mst_buf_span(&x->reply);
    return err;
}

/* If the stored piece is gone, so is the entry: the connection is closed. */
static enum mst_err give_piece(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct download *download = x->work;
    const struct mst_delivery_piece piece = mst_delivery_next(x);
    size_t from = piece.at % MST_PIECE_MAX;
    struct mst_span bytes;
    enum mst_err err = fetch(x, tx, download->blob_id, piece.at / MST_PIECE_MAX, &bytes);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_EBUSY : err;
    if (bytes.len < from + piece.n_bytes)
        return MST_ECORRUPT;
    x->long_reply.piece = mst_span_cut(bytes, from, from + piece.n_bytes);
    return MST_OK;
}

enum mst_err mst_content_answer_blob(struct mst_exchange *x, const struct mst_row_content *content)
{
    struct download *download = mst_arena_alloc(&x->arena, sizeof *download);
    struct mst_span mime;
    struct mst_delivery blob;

    if (content->blob_id == 0)
        return mst_exchange_refuse(x, MST_NOT_FOUND);
    if (!download || mst_arena_dup(&x->arena, content->mime, &mime) != MST_OK)
        return MST_ENOMEM;
    download->blob_id = content->blob_id;
    x->work = download;
    blob = (struct mst_delivery){
        .n_bytes = (uint64_t)content->size, .type = mime.ptr, .sha256 = content->sha256};
    return mst_delivery_answer(x, &blob, MST_READ, give_piece);
}

/* After a commit that deleted entries: their blobs are to be swept. */
enum mst_err mst_content_removed(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_http_opts *opts = x->env->opts;

    (void)tx;
    if (opts->drop_blob)
        opts->drop_blob(opts->drop_arg, 0);
    return mst_exchange_answer(x, 205, NULL);
}

static enum mst_err answer_removed(struct mst_exchange *x)
{
    return mst_exchange_go(x, MST_NOWHERE, NULL, mst_content_removed);
}

static enum mst_err find(struct mst_exchange *x, struct mst_tx *tx, const struct mst_param *id,
                         struct mst_row_content *ret_content)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err = mst_content_get(tx, x->model.id, id->text, &verdict, ret_content);

    if (err == MST_OK && verdict == MST_NOT_FOUND && id->plus.len > 0)
        err = mst_content_get(tx, x->model.id, id->plus, &verdict, ret_content);
    return mst_exchange_settle(x, err, verdict);
}

static enum mst_err find_segment(struct mst_exchange *x, struct mst_tx *tx,
                                 struct mst_row_content *ret_content)
{
    const struct mst_param id = {.text = mst_exchange_segment(x, CONTENT_SEGMENT)};

    return find(x, tx, &id, ret_content);
}

/* What the serial number that the query names may have. */
static enum mst_err reach_of(struct mst_exchange *x, struct mst_tx *tx, const struct mst_param *sn,
                             enum mst_verdict *ret_verdict, struct mst_group_reach *ret_reach)
{
    const struct mst_domain *domain = mst_exchange_domain(x);
    enum mst_err err = mst_content_reach(domain, tx, x->model.id, sn->text, ret_verdict, ret_reach);

    if (err == MST_OK && *ret_verdict == MST_NO_SERIAL && sn->plus.len > 0)
        err = mst_content_reach(domain, tx, x->model.id, sn->plus, ret_verdict, ret_reach);
    return err;
}

/* ---- the collection ---- */

static enum mst_err list_for(struct mst_exchange *x, struct mst_tx *tx, const struct mst_param *sn)
{
    enum mst_verdict verdict = MST_NO_SERIAL;
    struct mst_group_reach reach;
    enum mst_err err = reach_of(x, tx, sn, &verdict, &reach);

    if (err == MST_OK && verdict == MST_RESTRICTED) /* it is known, but not activated */
        return MST_OK;
    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_content_list_for(tx, &reach, mst_content_row_id, x) : err;
}

enum mst_err mst_contents_list(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_param sn;
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err == MST_OK)
        err = mst_param_get(x, &query, "sn", &sn);
    if (err != MST_OK)
        return err;
    err = mst_form_get(&query, "sn") ? list_for(x, tx, &sn)
                                     : mst_content_list(tx, x->model.id, mst_content_row_id, x);
    return err == MST_OK ? mst_exchange_answer(x, 200, MST_TYPE_CSV) : err;
}

struct entry_work {
    struct mst_entry entry;
    struct mst_span meta;
    bool is_protected;
};

enum mst_err mst_contents_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct entry_work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form form;
    enum mst_err err;

    (void)tx;
    if (!work)
        return MST_ENOMEM;
    x->work = work;
    err = mst_exchange_form(x, &form);
    if (err != MST_OK)
        return err;
    work->meta = mst_form_value(&form, mst_form_get(&form, "meta") ? "meta" : "description");
    work->is_protected = mst_form_true(&form, "protected");
    return mst_entry_read(x, &form, "id", &work->entry);
}

enum mst_err mst_contents_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct entry_work *work = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_content content;
    enum mst_err err;

    if (work->entry.is_delete) {
        err = find(x, tx, &work->entry.name, &content);
        if (err == MST_OK)
            err = mst_content_delete(tx, &content);
        return err == MST_OK ? answer_removed(x) : err;
    }
    err = mst_content_create(tx, x->model.id, work->entry.name.text, work->meta, work->is_protected,
                             &verdict);
    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

/* ---- one entry ---- */

/* What is wrong has three codes, by what is asked for (2.7.2). */
enum mst_family mst_content_family(struct mst_exchange *x)
{
    struct mst_form query;

    if (mst_exchange_query(x, &query) != MST_OK)
        return MST_FAMILY_MANAGE;
    if (mst_form_true(&query, "download"))
        return MST_FAMILY_FETCH;
    return mst_form_get(&query, "sn") ? MST_FAMILY_LOOK : MST_FAMILY_MANAGE;
}

static enum mst_err admit(struct mst_exchange *x, struct mst_tx *tx,
                          const struct mst_group_reach *reach,
                          const struct mst_row_content *content)
{
    bool is_admitted = false;
    enum mst_err err = mst_content_admits(tx, reach, content, &is_admitted);

    return mst_exchange_settle(x, err, is_admitted ? MST_DONE : MST_RESTRICTED);
}

enum mst_err mst_content_show(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_DONE;
    struct mst_row_content content;
    struct mst_group_reach reach;
    struct mst_param sn;
    struct mst_form query;
    bool has_sn;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err == MST_OK)
        err = mst_param_get(x, &query, "sn", &sn);
    if (err != MST_OK)
        return err;
    has_sn = mst_form_get(&query, "sn") != NULL;
    if (has_sn)
        err = reach_of(x, tx, &sn, &verdict, &reach);
    err = mst_exchange_settle(x, err, verdict);
    if (err == MST_OK)
        err = find_segment(x, tx, &content);
    if (err == MST_OK && has_sn)
        err = admit(x, tx, &reach, &content);
    if (err != MST_OK)
        return err;
    if (mst_form_true(&query, "download"))
        return mst_content_answer_blob(x, &content);
    if (mst_span_eq(mst_form_value(&query, "show"), MST_LIT("groups")))
        return mst_groups_of(x, tx, &query, MST_MEMBER_CONTENT, content.name);
    return mst_content_answer_info(x, &content, !has_sn);
}

enum mst_err mst_content_erase(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_row_content content;
    enum mst_err err = find_segment(x, tx, &content);

    if (err == MST_OK)
        err = mst_content_delete(tx, &content);
    return err == MST_OK ? answer_removed(x) : err;
}

/* ---- an upload ---- */

struct upload {
    int64_t content_id;
    int64_t blob_id;
    int64_t attempt;
    uint64_t n_pieces; /* before the one at hand */
    int64_t n_bytes;
    struct mst_sha256 sha;
    uint8_t digest[MST_SHA256_BYTES]; /* when all have come */
    int64_t old_id;                   /* the blob that it took the place of */
};

static void drop(struct mst_exchange *x, int64_t blob_id)
{
    const struct mst_http_opts *opts = x->env->opts;

    if (opts->drop_blob && blob_id != 0)
        opts->drop_blob(opts->drop_arg, blob_id);
}

static enum mst_err give_up(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct upload *upload = x->work;

    (void)tx;
    drop(x, upload->blob_id);
    return mst_exchange_answer(x, 205, NULL); /* no matter: the failure is what is answered */
}

enum mst_err mst_content_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct upload *upload = mst_arena_alloc(&x->arena, sizeof *upload);
    struct mst_row_content content;
    enum mst_err err;

    if (!upload)
        return MST_ENOMEM;
    if (x->content_type.len > MST_MIME_MAX)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    err = find_segment(x, tx, &content);
    if (err == MST_OK)
        err = mst_exchange_settle(x, err, mst_content_takes(mst_exchange_domain(x), &content));
    if (err != MST_OK)
        return err;
    upload->content_id = content.id;
    upload->blob_id = mst_blob_draw(tx);
    upload->attempt = (int64_t)mst_tx_random(tx);
    mst_sha256_init(&upload->sha);
    x->work = upload;
    x->abandon = (struct mst_todo){.where = MST_NOWHERE, .step = give_up};
    return MST_OK;
}

static enum mst_err drop_old(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct upload *upload = x->work;

    (void)tx;
    drop(x, upload->old_id);
    return mst_exchange_answer(x, 205, NULL);
}

static enum mst_err point(struct mst_exchange *x, struct mst_tx *tx)
{
    struct upload *upload = x->work;
    const struct mst_row_content content = {
        .id = upload->content_id,
        .blob_id = upload->blob_id,
        .size = upload->n_bytes,
        .mime = x->content_type.len > 0 ? x->content_type : MST_CONTENT_MIME,
        .sha256 = mst_span_of(upload->digest, sizeof upload->digest)};
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err =
        mst_content_point(mst_exchange_domain(x), tx, &content, &verdict, &upload->old_id);

    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_go(x, MST_NOWHERE, NULL, drop_old) : err;
}

static enum mst_err store_piece(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct upload *upload = x->work;
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = MST_OK;

    if (upload->n_pieces == 0)
        err = mst_blob_begin(mst_exchange_domain(x), tx, upload->blob_id, upload->content_id,
                             upload->attempt);
    if (err == MST_OK && x->body.len > 0)
        err = mst_blob_add(tx, upload->blob_id, upload->n_pieces, mst_buf_span(&x->body), &verdict);
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    return x->is_body_whole ? mst_exchange_go(x, MST_STATE, mst_guard, point)
                            : mst_exchange_await_body(x, MST_NOWHERE, NULL, mst_content_upload);
}

/* Once for each piece, while a command may run twice. */
enum mst_err mst_content_upload(struct mst_exchange *x, struct mst_tx *tx)
{
    struct upload *upload = x->work;

    (void)tx;
    if (upload->n_bytes > 0)
        upload->n_pieces++;
    upload->n_bytes += (int64_t)x->body.len;
    mst_sha256_add(&upload->sha, mst_buf_span(&x->body));
    if (x->is_body_whole)
        mst_sha256_end(&upload->sha, upload->digest);
    x->is_single = upload->n_pieces > 0;
    return mst_exchange_go(x, MST_CONTENT, NULL, store_piece);
}
