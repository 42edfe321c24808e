/*
 * GET /ws and GET /ws/: the opening handshake (RFC 6455 4.2, protocol.md 3.3).
 *
 * No subprotocol and no extension is ever agreed on: none is known. Any Origin may connect, for a page
 * of another site gains nothing by it: there is no cookie or other credential that a browser would add
 * by itself, the key comes in the first message.
 */
#include "front/http/handlers.h"
#include "front/ws/session.h"
#include "wire/ws_key.h"

struct handshake {
    bool is_upgrade; /* it asks for one at all, over HTTP/1.1 */
    bool is_version; /* the one there is */
    bool is_good;    /* a key, once, and no body */
    char accept[MST_WS_ACCEPT_CHARS];
    struct mst_ws_session *session; /* until it is taken over */
};

/* Is token in a field of that name, however many there are? */
static bool has_token(const struct mst_http_head *head, struct mst_span name, struct mst_span token)
{
    for (size_t i = 0; i < head->n_fields; i++)
        if (mst_span_eq_nocase(head->fields[i].name, name) &&
            mst_span_has_token(head->fields[i].value, token))
            return true;
    return false;
}

static bool has_one(const struct mst_http_head *head, struct mst_span name)
{
    size_t n = 0;

    for (size_t i = 0; i < head->n_fields; i++)
        n += mst_span_eq_nocase(head->fields[i].name, name);
    return n == 1;
}

enum mst_err mst_ws_heed(struct mst_exchange *x, const struct mst_http_head *head)
{
    struct handshake *handshake = mst_arena_alloc(&x->arena, sizeof *handshake);
    struct mst_span key = {NULL, 0}, version = {NULL, 0};
    enum mst_err err;

    if (!handshake)
        return MST_ENOMEM;
    (void)mst_http_field(head, "sec-websocket-key", &key);
    err = mst_ws_key_accept(key, handshake->accept);
    if (err != MST_OK && err != MST_ESYNTAX)
        return err;
    (void)mst_http_field(head, "sec-websocket-version", &version);
    handshake->is_upgrade = head->minor == 1 &&
                            has_token(head, MST_LIT("upgrade"), MST_LIT("websocket")) &&
                            has_token(head, MST_LIT("connection"), MST_LIT("upgrade"));
    handshake->is_version = mst_span_eq(version, MST_LIT("13"));
    handshake->is_good = has_one(head, MST_LIT("sec-websocket-key")) && !head->is_chunked &&
                         head->content_length == 0 && err == MST_OK;
    x->work = handshake;
    return MST_OK;
}

static void release(struct mst_exchange *x)
{
    struct handshake *handshake = x->work;

    mst_ws_session_free(handshake->session);
}

enum mst_err mst_ws_get(struct mst_exchange *x, struct mst_tx *tx)
{
    struct handshake *handshake = x->work;
    enum mst_err err;

    (void)tx;
    if (!handshake->is_upgrade || !handshake->is_version) { /* RFC 9110 7.8, RFC 6455 4.4 */
        (void)mst_buf_add_str(&x->extra, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                         "Sec-WebSocket-Version: 13\r\n");
        return mst_exchange_refuse_with(x, 426);
    }
    if (!handshake->is_good)
        return mst_exchange_refuse_with(x, 400);
    err = mst_ws_session_new(x->env->ws, x->n_segments > 1, &handshake->session);
    if (err != MST_OK)
        return err;
    x->release = release;
    (void)mst_buf_addf(
        &x->extra, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n",
        MST_WS_ACCEPT_CHARS, handshake->accept);
    return mst_exchange_answer(x, 101, NULL);
}

void mst_ws_take_over(struct mst_exchange *x, struct mst_stream *stream, struct mst_span ahead)
{
    struct handshake *handshake = x->work;
    struct mst_ws_session *session = handshake->session;

    handshake->session = NULL;
    mst_ws_session_begin(session, stream, x->peer, ahead);
}
