/*
 * The bytes of content in a fleet's file: a call has pieces of one blob. They are stored by one command of
 * content.db; with the last one commands of content.db hash all pieces, a bounded number in each, and a
 * command of muster.db points the entry to them if the hash is the one that the file says.
 *
 * The blob's number and attempt follow from the file's key, the entry and this process. So the next call
 * goes on where this one ended, the same call again finds what it did, and nobody remembers anything.
 * What an earlier process began is begun anew: the sweeper takes that away (core/blob.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/content.h"
#include "front/fleet/importing.h"
#include "front/http/handlers.h"

static const struct mst_fleet_item *last_of(const struct mst_fleet_importing *importing)
{
    return &importing->items[importing->n_items - 1];
}

static enum mst_err refuse_last(struct mst_exchange *x, enum mst_verdict verdict, const char *why)
{
    const struct mst_fleet_importing *importing = x->work;

    return mst_fleet_refuse_line(x, importing->from + importing->n_items - 1,
                                 mst_outcome_status(x->route->family, verdict), why);
}

/* Whatever comes of it comes of all the lines. */
static enum mst_err finish(struct mst_exchange *x, enum mst_fleet_outcome outcome)
{
    struct mst_fleet_importing *importing = x->work;

    *(outcome == MST_FLEET_THERE ? &importing->n_there : &importing->n_made) = importing->n_items;
    return mst_exchange_go(x, MST_NOWHERE, NULL, mst_fleet_report);
}

/* ---- all pieces are there ---- */

/* Another upload was faster: ours is given up. */
static enum mst_err leave_it(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_fleet_importing *importing = x->work;
    const struct mst_http_opts *opts = x->env->opts;

    (void)tx;
    if (opts->drop_blob)
        opts->drop_blob(opts->drop_arg, importing->bytes.blob.blob_id);
    return finish(x, MST_FLEET_THERE);
}

static enum mst_err point(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_fleet_importing *importing = x->work;
    const struct mst_fleet_item *last = last_of(importing);
    const struct mst_row_content content = {.id = importing->bytes.blob.content_id,
                                            .blob_id = importing->bytes.blob.blob_id,
                                            .size = last->size,
                                            .mime = last->mime,
                                            .sha256 = last->sha256};
    enum mst_fleet_outcome outcome;
    enum mst_verdict verdict;
    enum mst_err err = mst_fleet_point(mst_exchange_domain(x), tx, &content, &verdict, &outcome);

    if (err != MST_OK)
        return err;
    if (verdict != MST_DONE)
        return refuse_last(x, verdict, "its entry of content was deleted meanwhile");
    return outcome == MST_FLEET_THERE ? mst_exchange_go(x, MST_NOWHERE, NULL, leave_it)
                                      : finish(x, outcome);
}

static mst_step hash;

/* Once for each command, while that may run twice. */
static enum mst_err go_on(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_fleet_importing *importing = x->work;
    struct mst_fleet_bytes *bytes = &importing->bytes;
    uint8_t digest[MST_SHA256_BYTES];

    (void)tx;
    bytes->sha = bytes->sha_next;
    bytes->n_hashed = bytes->n_next;
    if (bytes->n_hashed * MST_PIECE_MAX < (uint64_t)last_of(importing)->size)
        return mst_exchange_go(x, MST_CONTENT, NULL, hash);
    mst_sha256_end(&bytes->sha, digest);
    if (!mst_span_eq(mst_span_of(digest, sizeof digest), last_of(importing)->sha256))
        return refuse_last(x, MST_EXISTS, "the bytes are not those that it says");
    return mst_exchange_go(x, MST_STATE, mst_guard, point);
}

static enum mst_err hash(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_fleet_importing *importing = x->work;
    struct mst_fleet_bytes *bytes = &importing->bytes;

    bytes->sha_next = bytes->sha;
    bytes->n_next = bytes->n_hashed;
    for (int i = 0; i < MST_FLEET_PIECES_MAX &&
                    bytes->n_next * MST_PIECE_MAX < (uint64_t)last_of(importing)->size;
         i++) {
        struct mst_span piece;
        enum mst_err err = mst_blob_read(tx, bytes->blob.blob_id, bytes->n_next, &piece);

        if (err != MST_OK)
            return err == MST_ENOENT
                       ? refuse_last(x, MST_NOT_FOUND, "its entry of content was deleted meanwhile")
                       : err;
        mst_sha256_add(&bytes->sha_next, piece);
        bytes->n_next++;
    }
    return mst_exchange_go(x, MST_NOWHERE, NULL, go_on);
}

/* ---- pieces ---- */

static enum mst_err store(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_fleet_importing *importing = x->work;
    struct mst_fleet_bytes *bytes = &importing->bytes;
    enum mst_verdict verdict;
    enum mst_err err = mst_fleet_add_pieces(mst_exchange_domain(x), tx, &bytes->blob,
                                            importing->items, importing->n_items, &verdict);

    if (err != MST_OK)
        return err;
    if (verdict != MST_DONE)
        return mst_fleet_refuse_line(
            x, importing->from, mst_outcome_status(x->route->family, verdict),
            "the bytes before it are not there any more: import the file again");
    if (!mst_fleet_is_last_piece(last_of(importing)))
        return finish(x, MST_FLEET_MADE);
    mst_sha256_init(&bytes->sha_next);
    bytes->n_next = 0;
    return mst_exchange_go(x, MST_NOWHERE, NULL, go_on);
}

static void name_blob(const struct mst_exchange *x, struct mst_fleet_bytes *bytes,
                      int64_t content_id)
{
    const int64_t facts[] = {content_id, mst_exchange_domain(x)->session};
    uint8_t digest[MST_SHA256_BYTES];
    struct mst_sha256 sha;
    uint64_t id;

    mst_sha256_init(&sha);
    mst_sha256_add(&sha, mst_span_of(bytes->seed, sizeof bytes->seed));
    mst_sha256_add(&sha, mst_span_of(facts, sizeof facts));
    mst_sha256_end(&sha, digest);
    memcpy(&id, digest, sizeof id);
    memcpy(&bytes->blob.attempt, &digest[sizeof id], sizeof bytes->blob.attempt);
    bytes->blob.blob_id = (int64_t)(id >> (64 - MST_ROW_BITS));
    bytes->blob.blob_id += bytes->blob.blob_id == 0;
    bytes->blob.content_id = content_id;
}

static enum mst_err find(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_fleet_importing *importing = x->work;
    enum mst_fleet_outcome outcome;
    enum mst_verdict verdict;
    int64_t content_id;
    const char *why;
    enum mst_err err =
        mst_fleet_find_entry(mst_exchange_domain(x), tx, &importing->to, importing->items, &verdict,
                             &outcome, &why, &content_id);

    if (err != MST_OK)
        return err;
    if (verdict != MST_DONE)
        return mst_fleet_refuse_line(x, importing->from,
                                     mst_outcome_status(x->route->family, verdict), why);
    if (outcome == MST_FLEET_THERE || importing->to.is_checking)
        return finish(x, outcome);
    name_blob(x, &importing->bytes, content_id);
    return mst_exchange_go(x, MST_CONTENT, NULL, store);
}

enum mst_err mst_fleet_take_bytes(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_fleet_importing *importing = x->work;
    const struct mst_fleet_item *before = NULL;

    (void)tx;
    for (size_t i = 0; i < importing->n_items; i++) {
        const struct mst_fleet_item *item = &importing->items[i];

        if (i == MST_FLEET_PIECES_MAX)
            return mst_fleet_refuse_line(x, importing->from + i, 413,
                                         "too many bytes of content for one call");
        if (!mst_fleet_is_next_piece(item, before))
            return mst_fleet_refuse_line(x, importing->from + i, 400,
                                         "it is not the next piece of the same bytes");
        if ((uint64_t)item->piece * MST_PIECE_MAX + item->bytes.len >
            x->env->opts->content_max_bytes)
            return mst_fleet_refuse_line(
                x, importing->from + i, 409,
                "its content has more bytes than the setting content_max allows here");
        before = item;
    }
    if (importing->has_end)
        return mst_fleet_refuse_line(x, importing->from + importing->n_items, 400,
                                     "bytes of content go in calls of their own");
    return mst_exchange_go(x, MST_READ, mst_guard, find);
}
