#include <check.h>
#include <jansson.h>
#include <string.h>

#include "tests/lib/ws_peer.h"

enum { CONTROL_MAX = 125, FINAL = 0x80, MASKED = 0x80 };

void mst_ws_peer_add(struct mst_buf *out, unsigned opcode, struct mst_span payload)
{
    ck_assert_uint_le(payload.len, UINT16_MAX);
    (void)mst_buf_add_byte(out, (char)(FINAL | opcode));
    if (payload.len <= CONTROL_MAX) {
        (void)mst_buf_add_byte(out, (char)(MASKED | payload.len));
    } else {
        (void)mst_buf_add_byte(out, (char)(MASKED | 126));
        (void)mst_buf_add_byte(out, (char)(payload.len >> 8));
        (void)mst_buf_add_byte(out, (char)payload.len);
    }
    (void)mst_buf_add(out, MST_LIT("\0\0\0\0"));
    (void)mst_buf_add(out, payload);
}

void mst_ws_peer_add_auth(struct mst_buf *out, const char *cik)
{
    char text[128];

    (void)snprintf(text, sizeof text, "{\"auth\":{\"cik\":\"%s\"}}", cik);
    mst_ws_peer_add(out, MST_WS_PEER_TEXT, mst_span_str(text));
}

/* ---- what comes back ---- */

static void check_answers(const json_t *answers)
{
    for (size_t i = 0; i < json_array_size(answers); i++) {
        const json_t *answer = json_array_get(answers, i);
        const json_t *status = json_object_get(answer, "status");

        ck_assert(json_object_get(answer, "id") != NULL);
        ck_assert(json_is_string(status) || json_is_array(status));
    }
}

/* Ids are echoed as they were written: a number may be beyond what jansson holds. */
static void check_text(struct mst_span text, bool *is_known)
{
    json_error_t error;
    json_t *json = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, &error);

    ck_assert_msg(json || json_error_code(&error) == json_error_numeric_overflow,
                  "no JSON: \"%.*s\"", (int)text.len, text.ptr);
    if (json_is_array(json)) {
        ck_assert(*is_known);
        check_answers(json);
    } else if (json && json_object_get(json, "status")) {
        ck_assert(!*is_known && mst_span_eq(text, MST_LIT("{\"status\":\"ok\"}")));
        *is_known = true;
    } else if (json) {
        ck_assert(json_is_integer(json_object_get(json_object_get(json, "error"), "code")));
    }
    json_decref(json);
}

/* False: the frame is not whole. */
static bool take_frame(struct mst_cur *cur, unsigned *ret_first, struct mst_span *ret_payload)
{
    struct mst_span head, more = {NULL, 0};
    size_t size;

    if (!mst_cur_take(cur, 2, &head))
        return false;
    *ret_first = (unsigned char)head.ptr[0];
    size = (unsigned char)head.ptr[1];
    ck_assert_uint_lt(size, MASKED);
    if (size > CONTROL_MAX && !mst_cur_take(cur, size == 126 ? 2 : 8, &more))
        return false;
    if (more.len > 0)
        size = 0;
    for (size_t i = 0; i < more.len; i++)
        size = size << 8 | (unsigned char)more.ptr[i];
    ck_assert(more.len == 0 || size > (more.len == 2 ? CONTROL_MAX : UINT16_MAX));
    return mst_cur_take(cur, size, ret_payload);
}

void mst_ws_peer_check(struct mst_span got, bool is_cut)
{
    struct mst_cur cur = mst_cur_of(got);
    bool is_known = false, is_closed = false, is_whole = true;
    struct mst_span payload;
    unsigned first;

    while (is_whole && !mst_cur_at_end(&cur)) {
        ck_assert(!is_closed);
        is_whole = take_frame(&cur, &first, &payload);
        if (!is_whole)
            break;
        ck_assert(first == (FINAL | MST_WS_PEER_TEXT) || payload.len <= CONTROL_MAX);
        if (first == (FINAL | MST_WS_PEER_TEXT)) {
            check_text(payload, &is_known);
        } else if (first == (FINAL | MST_WS_PEER_CLOSE)) {
            ck_assert(payload.len == 0 || payload.len == 2);
            is_closed = true;
        } else {
            ck_assert(first == (FINAL | MST_WS_PEER_PING) || first == (FINAL | MST_WS_PEER_PONG));
        }
    }
    ck_assert(is_whole || is_cut);
}
