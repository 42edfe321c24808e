/*
 * Lines of a fleet's file: the bytes are the text of a line without its MAC, which is added here, so that they
 * get behind it. What can be read, written anew, is read the same; with the MAC of another line nothing is read.
 */
#include "base/hex.h"
#include "front/fleet/format.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_MAX = 1 << 24, BUF_MAX = 1 << 24, NUMBER = 3 };

static const struct mst_secret_key file_key = {
    {1, 2, 3}
};

/* The line with its MAC, and without its end. */
static void finish(struct mst_span text, const struct mst_file_keys *keys, struct mst_buf *line)
{
    uint8_t mac[MST_LINE_MAC_BYTES];
    char hex[2 * MST_LINE_MAC_BYTES];

    mst_file_mac(keys, NUMBER, text, mac);
    mst_hex_encode(mst_span_of(mac, sizeof mac), hex);
    (void)mst_buf_add(line, text);
    (void)mst_buf_add_str(line, ",\"mac\":\"");
    (void)mst_buf_add(line, mst_span_of(hex, sizeof hex));
    (void)mst_buf_add_str(line, "\"}");
    assert(mst_buf_err(line) == MST_OK);
}

static void read_again(struct mst_arena *arena, const struct mst_file_keys *keys,
                       const struct mst_fleet_item *item, struct mst_buf *first,
                       struct mst_buf *second)
{
    struct mst_fleet_read read;
    const char *why;

    assert(mst_fleet_write_item(first, keys, NUMBER, item) == MST_OK);
    assert(mst_fleet_read_line(arena, keys, NUMBER,
                               mst_span_cut(mst_buf_span(first), 0, first->len - 1), &read,
                               &why) == MST_OK);
    assert(read.what == MST_FLEET_LINE_ITEM);
    assert(mst_fleet_write_item(second, keys, NUMBER, &read.item) == MST_OK);
    assert(mst_span_eq(mst_buf_span(first), mst_buf_span(second)));
}

/* Whatever can be written: required words are there. */
static bool is_whole(const struct mst_fleet_item *item)
{
    bool has_points = item->type == MST_FLEET_DATAPORT || item->type == MST_FLEET_DATARULE;

    return (item->type != MST_FLEET_CLIENT || item->state != 0) &&
           (!has_points || item->format != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_buf bufs[3];
    struct mst_file_keys keys;
    struct mst_fleet_read read;
    struct mst_envelope envelope;
    struct mst_arena arena;
    const char *why = NULL;
    enum mst_err err;

    mst_arena_init(&arena, ARENA_MAX);
    for (size_t i = 0; i < 3; i++)
        mst_buf_init(&bufs[i], BUF_MAX);
    mst_file_keys_derive(&keys, &file_key);
    err = mst_fleet_read_seal(mst_span_of(data, size), &envelope);
    assert(err == MST_OK || err == MST_ESYNTAX);
    err = mst_fleet_read_line(&arena, &keys, NUMBER, mst_span_of(data, size), &read, &why);
    assert(err == MST_EKEY && why[0] != '\0'); /* nobody guesses a MAC */
    finish(mst_span_of(data, size), &keys, &bufs[0]);
    err = mst_fleet_read_line(&arena, &keys, NUMBER + 1, mst_buf_span(&bufs[0]), &read, &why);
    assert(err == MST_EKEY);
    err = mst_fleet_read_line(&arena, &keys, NUMBER, mst_buf_span(&bufs[0]), &read, &why);
    assert(err == MST_OK || (err == MST_ESYNTAX && why[0] != '\0') || size == 0);
    if (err == MST_OK && read.what == MST_FLEET_LINE_ITEM && is_whole(&read.item))
        read_again(&arena, &keys, &read.item, &bufs[1], &bufs[2]);
    for (size_t i = 0; i < 3; i++)
        mst_buf_fini(&bufs[i]);
    mst_arena_fini(&arena);
    return 0;
}
