/*
 * Moving a whole vendor between servers, additions of ours for the operator: who has the root client's CIK
 * may do it, and nobody else, since an export holds every key of the vendor (sealed).
 *
 *   GET  /muster/v1/fleet/key      the public key that fleets for this server are sealed to
 *   GET  /muster/v1/fleet/export   ?vendor=V&to=KEY: the first page of lines; ?vendor=V&cursor=C: the next
 *   POST /muster/v1/fleet/import   ?from=N[&dry=true]: the seal, the head, and lines from number N on
 *
 * A page ends with a line {"cursor":C} of its own, which is not of the file, unless it holds the end. The cursor says
 * where the export stands and names its file key, which only this server can make of it
 * (port_keys.h): nothing is remembered between pages.
 *
 * An import's lines are authenticated, opened and read on a thread of their own, then added in one
 * command: all or none. dry undoes it and answers the same. Bytes of content go another way (bytes.c).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/hex.h"
#include "core/vendor.h"
#include "front/fleet/format.h"
#include "front/fleet/importing.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "sys/random.h"

#define TYPE_LINES "application/x-ndjson; charset=utf-8"

enum { HEAD_LINE = 2 };

static void open_file_keys(const struct mst_exchange *x, const uint8_t id[MST_FLEET_ID_BYTES],
                           struct mst_secret_key *ret_file_key)
{
    const struct mst_keys *keys = mst_exchange_domain(x)->keys;

    keys->fleet_file_key(keys->ctx, id, ret_file_key);
}

/* ---- the key ---- */

enum mst_err mst_fleet_key_get(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_keys *keys = mst_exchange_domain(x)->keys;
    struct mst_secret_key secret;
    uint8_t public[MST_X25519_BYTES];
    char hex[2 * MST_X25519_BYTES];

    (void)tx;
    keys->fleet_secret(keys->ctx, &secret);
    mst_envelope_public(&secret, public);
    mst_secret_wipe(&secret, sizeof secret);
    mst_hex_encode(mst_span_of(public, sizeof public), hex);
    (void)mst_buf_addf(&x->reply, "{\"key\":\"%.*s\"}", (int)sizeof hex, hex);
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

/* ---- export ---- */

struct cursor {
    uint8_t id[MST_FLEET_ID_BYTES]; /* of the export */
    int64_t line;                   /* the number of the last line given */
    struct mst_fleet_place place;
};

enum { CURSOR_NUMBERS = 7 };

/* Id, numbers, text; text as hex, dots between. */
static void write_cursor(struct mst_buf *out, const struct cursor *cursor)
{
    const int64_t numbers[CURSOR_NUMBERS] = {
        cursor->line,           cursor->place.phase,      cursor->place.model_id,
        cursor->place.group_id, cursor->place.content_id, cursor->place.id,
        cursor->place.skip};
    char id[2 * MST_FLEET_ID_BYTES], text[2 * MST_NAME_MAX];
    const struct mst_span name = mst_span_cut(cursor->place.text, 0, MST_NAME_MAX);

    mst_hex_encode(mst_span_of(cursor->id, sizeof cursor->id), id);
    mst_hex_encode(name, text);
    (void)mst_buf_addf(out, "{\"cursor\":\"%.*s", (int)sizeof id, id);
    for (size_t i = 0; i < CURSOR_NUMBERS; i++)
        (void)mst_buf_addf(out, ".%" PRId64, numbers[i]);
    (void)mst_buf_addf(out, ".%.*s\"}\n", (int)(2 * name.len), text);
}

static bool read_cursor(struct mst_exchange *x, struct mst_span text, struct cursor *ret_cursor)
{
    int64_t *const numbers[CURSOR_NUMBERS] = {
        &ret_cursor->line,           &ret_cursor->place.phase,      &ret_cursor->place.model_id,
        &ret_cursor->place.group_id, &ret_cursor->place.content_id, &ret_cursor->place.id,
        &ret_cursor->place.skip};
    struct mst_cur cur = mst_cur_of(text);
    struct mst_span part;
    uint8_t *name;

    if (!mst_cur_until(&cur, '.', &part) ||
        mst_hex_decode(part, ret_cursor->id, sizeof ret_cursor->id) != MST_OK)
        return false;
    for (size_t i = 0; i < CURSOR_NUMBERS; i++)
        if (!mst_cur_until(&cur, '.', &part) || mst_span_i64(part, numbers[i]) != MST_OK ||
            *numbers[i] < 0)
            return false;
    part = mst_cur_rest(&cur);
    name = mst_arena_alloc(&x->arena, part.len / 2 + 1);
    ret_cursor->place.text = mst_span_of(name, part.len / 2);
    return name && ret_cursor->line >= HEAD_LINE && ret_cursor->place.phase <= MST_FLEET_AT_END &&
           mst_hex_decode(part, name, part.len / 2) == MST_OK;
}

struct exporting {
    struct mst_exchange *x;
    struct mst_file_keys keys;
    struct cursor cursor;
    size_t n_lines; /* in this page */
    size_t room;    /* of the reply where the page began */
};

static enum mst_err write_item(void *arg, const struct mst_fleet_item *item)
{
    struct exporting *exporting = arg;
    struct mst_buf *out = &exporting->x->reply;
    enum mst_err err =
        mst_fleet_write_item(out, &exporting->keys, (uint64_t)++exporting->cursor.line, item);

    if (err != MST_OK)
        return err;
    return ++exporting->n_lines >= MST_FLEET_PAGE_MAX || out->len >= MST_FLEET_PAGE_BYTES
               ? MST_EREFUSED
               : MST_OK;
}

/* The lines in front of the first item; "to" is what they are sealed to. */
static enum mst_err begin_file(struct exporting *exporting, struct mst_tx *tx,
                               const struct mst_row_vendor *vendor, struct mst_span to,
                               const struct mst_secret_key *file_key)
{
    struct mst_buf *out = &exporting->x->reply;
    struct mst_row_resource domain = {.id = vendor->client_id};
    struct mst_fleet_head head = {.vendor = vendor->name, .made = mst_tx_wall_now(tx)};
    struct mst_envelope envelope;
    struct mst_secret_key ephemeral;
    enum mst_err err;

    if (mst_hex_decode(to, envelope.to, sizeof envelope.to) != MST_OK)
        return mst_exchange_refuse(exporting->x, MST_BAD_VALUE);
    mst_random_bytes(ephemeral.bytes, sizeof ephemeral.bytes);
    err = mst_envelope_seal(file_key, &ephemeral, &envelope);
    mst_secret_wipe(&ephemeral, sizeof ephemeral);
    if (err == MST_EKEY)
        return mst_exchange_refuse(exporting->x, MST_BAD_VALUE);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &domain);
    if (err == MST_OK)
        err = mst_domain_rid(mst_exchange_domain(exporting->x), &domain, &head.rid);
    if (err == MST_OK)
        err = mst_fleet_write_seal(out, &envelope);
    if (err == MST_OK)
        err = mst_fleet_write_head(out, &exporting->keys, HEAD_LINE, &head);
    exporting->cursor.line = HEAD_LINE;
    return err;
}

static enum mst_err export_page(struct exporting *exporting, struct mst_tx *tx,
                                const struct mst_row_vendor *vendor)
{
    struct mst_exchange *x = exporting->x;
    struct mst_fleet_place *place = &exporting->cursor.place;
    enum mst_verdict verdict;
    enum mst_err err = mst_fleet_export(mst_exchange_domain(x), tx, vendor, place, write_item,
                                        exporting, &verdict);

    if (err != MST_OK)
        return err;
    if (verdict != MST_DONE)
        return mst_exchange_refuse_with(x, 409); /* it was changed meanwhile */
    if (place->phase == MST_FLEET_AT_END)
        err =
            mst_fleet_write_end(&x->reply, &exporting->keys, (uint64_t)exporting->cursor.line + 1);
    else
        write_cursor(&x->reply, &exporting->cursor);
    x->is_secret = true;
    return err == MST_OK ? mst_exchange_answer(x, 200, TYPE_LINES) : err;
}

enum mst_err mst_fleet_export_get(struct mst_exchange *x, struct mst_tx *tx)
{
    struct exporting exporting = {.x = x};
    struct mst_row_vendor vendor;
    struct mst_secret_key file_key;
    enum mst_verdict verdict;
    struct mst_span cursor;
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err != MST_OK)
        return err;
    cursor = mst_form_value(&query, "cursor");
    if (cursor.len > 0 && !read_cursor(x, cursor, &exporting.cursor))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    if (cursor.len == 0)
        mst_random_bytes(exporting.cursor.id, sizeof exporting.cursor.id);
    err = mst_vendor_get(tx, mst_form_value(&query, "vendor"), &verdict, &vendor);
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    open_file_keys(x, exporting.cursor.id, &file_key);
    mst_file_keys_derive(&exporting.keys, &file_key);
    if (cursor.len == 0)
        err = begin_file(&exporting, tx, &vendor, mst_form_value(&query, "to"), &file_key);
    mst_secret_wipe(&file_key, sizeof file_key);
    if (err == MST_OK)
        err = export_page(&exporting, tx, &vendor);
    mst_secret_wipe(&exporting.keys, sizeof exporting.keys);
    return err;
}

/* ---- import ---- */

static void wipe_keys(struct mst_exchange *x)
{
    struct mst_fleet_importing *importing = x->work;

    for (size_t i = 0; i < importing->n_items; i++)
        mst_secret_wipe(&importing->items[i].cik, sizeof importing->items[i].cik);
}

/* The words of notes are all ours, so they need no escaping. */
enum mst_err mst_fleet_report(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_fleet_importing *importing = x->work;
    struct mst_buf *out = &x->reply;

    (void)tx;
    (void)mst_buf_addf(
        out, "{\"lines\":%zu,\"made\":%zu,\"there\":%zu,\"left_out\":%zu,\"end\":%s,\"notes\":[",
        importing->n_items, importing->n_made, importing->n_there, importing->n_left_out,
        importing->has_end ? "true" : "false");
    for (size_t i = 0; i < importing->n_notes && i < MST_FLEET_NOTES_MAX; i++)
        (void)mst_buf_addf(out, "%s{\"line\":%" PRIu64 ",\"note\":\"%s\"}", i ? "," : "",
                           importing->notes[i].line, importing->notes[i].text);
    (void)mst_buf_add_str(out, "]}");
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

enum mst_err mst_fleet_refuse_line(struct mst_exchange *x, uint64_t line, unsigned status,
                                   const char *why)
{
    return mst_exchange_refuse_because(x, status, "line %" PRIu64 ": %s", line, why);
}

static enum mst_err add_items(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_fleet_importing *importing = x->work;

    importing->n_made = importing->n_there = importing->n_left_out = importing->n_notes = 0;
    for (size_t i = 0; i < importing->n_items; i++) {
        enum mst_fleet_outcome outcome;
        enum mst_verdict verdict;
        const char *why;
        enum mst_err err = mst_fleet_import_item(mst_exchange_domain(x), tx, &importing->to,
                                                 &importing->items[i], &verdict, &outcome, &why);

        if (err != MST_OK)
            return err;
        if (verdict != MST_DONE)
            return mst_fleet_refuse_line(x, importing->from + i,
                                         mst_outcome_status(x->route->family, verdict), why);
        importing->n_made += outcome == MST_FLEET_MADE;
        importing->n_there += outcome == MST_FLEET_THERE;
        importing->n_left_out += outcome == MST_FLEET_LEFT_OUT;
        if (why[0] != '\0' && importing->n_notes++ < MST_FLEET_NOTES_MAX)
            importing->notes[importing->n_notes - 1] =
                (struct mst_fleet_note){importing->from + i, why};
    }
    (void)mst_exchange_go(x, MST_NOWHERE, NULL, mst_fleet_report);
    return importing->to.is_checking ? MST_EREFUSED : MST_OK;
}

/* The next line of the body; false at its end. */
static bool next_line(struct mst_cur *cur, struct mst_span *ret_line)
{
    if (mst_cur_at_end(cur))
        return false;
    if (!mst_cur_until(cur, '\n', ret_line))
        *ret_line = mst_cur_rest(cur);
    return true;
}

static bool open_seal(const struct mst_exchange *x, struct mst_span line,
                      struct mst_file_keys *ret_keys)
{
    const struct mst_keys *keys = mst_exchange_domain(x)->keys;
    struct mst_secret_key secret, file_key;
    struct mst_envelope envelope;
    bool is_open;

    if (mst_fleet_read_seal(line, &envelope) != MST_OK)
        return false;
    keys->fleet_secret(keys->ctx, &secret);
    is_open = mst_envelope_open(&envelope, &secret, &file_key) == MST_OK;
    if (is_open)
        mst_file_keys_derive(ret_keys, &file_key);
    mst_secret_wipe(&secret, sizeof secret);
    mst_secret_wipe(&file_key, sizeof file_key);
    return is_open;
}

/* Line number n, behind the head. */
static enum mst_err read_line(struct mst_exchange *x, const struct mst_file_keys *keys, uint64_t n,
                              struct mst_span line)
{
    struct mst_fleet_importing *importing = x->work;
    struct mst_fleet_read read;
    const char *why;
    enum mst_err err = mst_fleet_read_line(&x->arena, keys, n, line, &read, &why);

    if (err != MST_OK)
        err = mst_fleet_refuse_line(x, n, 400, why);
    else if (importing->has_end || read.what == MST_FLEET_LINE_HEAD)
        err = mst_fleet_refuse_line(x, n, 400, "it is not in its place");
    else if (read.what == MST_FLEET_LINE_END)
        importing->has_end = true;
    else
        importing->items[importing->n_items++] = read.item;
    mst_secret_wipe(&read, sizeof read); /* a key may be in it */
    return err;
}

/* Reads the items behind the head. */
static enum mst_err read_items(struct mst_exchange *x, const struct mst_file_keys *keys,
                               struct mst_cur *cur)
{
    struct mst_fleet_importing *importing = x->work;
    enum mst_err err = MST_OK;
    struct mst_span line;

    importing->items = mst_arena_array(&x->arena, MST_FLEET_LINES_MAX, sizeof *importing->items);
    if (!importing->items)
        return MST_ENOMEM;
    for (uint64_t n = importing->from; err == MST_OK && next_line(cur, &line); n++) {
        if (importing->n_items == MST_FLEET_LINES_MAX)
            return mst_fleet_refuse_line(x, n, 413, "too many lines for one call");
        err = read_line(x, keys, n, line);
    }
    return err;
}

static enum mst_err read_body(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_fleet_importing *importing = x->work;
    struct mst_cur cur = mst_cur_of(mst_buf_span(&x->body));
    struct mst_file_keys keys;
    struct mst_fleet_read head;
    struct mst_span line;
    const char *why = "";
    enum mst_err err;

    (void)tx;
    if (!next_line(&cur, &line) || !open_seal(x, line, &keys))
        return mst_fleet_refuse_line(x, 1, 400, "it is not sealed to this server, or was changed");
    if (!next_line(&cur, &line))
        line = (struct mst_span){NULL, 0};
    err = mst_fleet_read_line(&x->arena, &keys, HEAD_LINE, line, &head, &why);
    if (err != MST_OK || head.what != MST_FLEET_LINE_HEAD) {
        mst_secret_wipe(&keys, sizeof keys);
        return mst_fleet_refuse_line(x, HEAD_LINE, 400,
                                     err != MST_OK ? why : "it does not say what fleet it is");
    }
    importing->to.vendor = head.head.vendor;
    importing->to.domain_rid = head.head.rid;
    err = read_items(x, &keys, &cur);
    mst_file_mac(&keys, 0, MST_LIT("bytes"), importing->bytes.seed); /* no line has number 0 */
    mst_secret_wipe(&keys, sizeof keys);
    if (err != MST_OK)
        return err;
    return importing->n_items > 0 && importing->items[0].type == MST_FLEET_BLOB
               ? mst_exchange_go(x, MST_NOWHERE, NULL, mst_fleet_take_bytes)
               : mst_exchange_go(x, MST_STATE, mst_guard, add_items);
}

enum mst_err mst_fleet_import_post(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_fleet_importing *importing = mst_arena_alloc(&x->arena, sizeof *importing);
    int64_t from = 0;
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    (void)tx;
    if (!importing)
        return MST_ENOMEM;
    if (err != MST_OK)
        return err;
    if (!mst_param_int(&query, "from", &from) || from <= HEAD_LINE)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    importing->from = (uint64_t)from;
    importing->to.is_checking = mst_form_true(&query, "dry");
    x->work = importing;
    x->release = wipe_keys;
    return mst_exchange_go(x, MST_APART, NULL, read_body);
}
