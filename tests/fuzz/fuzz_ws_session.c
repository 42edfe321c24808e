/*
 * A whole WebSocket session: a server with a store, a client with a dataport, a handshake, and then any bytes. What
 * comes back is frames as a server may send them (tests/lib/ws_peer.h). The session ends when its peer does, and the
 * server answers others as before.
 *
 * The first byte chooses, by its lowest bits: the path; whether the client has said who it is before; whether it is
 * dropped meanwhile; whether what follows is frames, or lines that are sent as a text message each. "c" 40 times
 * stands for the client's key, "d" 40 times for its dataport, so that an input is good for any server.
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/lib/site.h"
#include "tests/lib/ws_peer.h"
#include "wire/handle.h"

enum { IS_FLAT = 1, IS_KNOWN = 2, IS_DROPPED = 4, IS_LINES = 8 };
enum { BYTES_MAX = 1 << 20, RUNS_OF_A_SITE = 1000 };

static struct mst_site *site;
static char rid[MST_HANDLE_CHARS + 1], cik[MST_HANDLE_CHARS + 1], port[MST_HANDLE_CHARS + 1];

/*
 * What the site finds wrong ends the program. Check itself, which wants a test of its own to be running, sends SIGKILL to its
 * process group at the SIGALRM that libFuzzer keeps time with.
 */
void _mark_point(const char *file, int line)
{
    (void)file;
    (void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: %s: ", file, line, expr);
    va_start(args, msg);
    if (msg)
        (void)vfprintf(stderr, msg, args);
    va_end(args);
    abort();
}

/* A new store now and then: what is dropped leaves notes. */
static void prepare_site(void)
{
    static unsigned n_runs;

    if (site && n_runs % RUNS_OF_A_SITE == 0) {
        mst_site_stop(site);
        site = NULL;
    }
    if (!site)
        site = mst_site_start(NULL);
    n_runs++;
}

static void prepare_client(void)
{
    char arguments[128];

    mst_site_rpc_rid(site, mst_site_root(site), "create",
                     "[\"client\",{\"limits\":{\"client\":3,\"dataport\":9,\"datarule\":9}}]", rid);
    mst_site_key(site, mst_site_root(site), rid, cik);
    mst_site_rpc_rid(site, cik, "create", "[\"dataport\",{\"format\":\"string\"}]", port);
    (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"%s\",\"p\"]", port);
    assert(strstr(mst_site_rpc(site, cik, "map", arguments), "\"ok\""));
}

static void drop_client(void)
{
    char arguments[64];

    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", rid);
    assert(strstr(mst_site_rpc(site, mst_site_root(site), "drop", arguments), "\"ok\""));
}

/* ---- what is sent ---- */

static void add_lines(struct mst_buf *out, struct mst_span bytes)
{
    struct mst_cur cur = mst_cur_of(bytes);
    struct mst_span line;

    while (mst_cur_until(&cur, '\n', &line))
        mst_ws_peer_add(out, MST_WS_PEER_TEXT, mst_span_cut(line, 0, UINT16_MAX));
}

static void put_in(struct mst_buf *bytes, char stand_in, const char handle[MST_HANDLE_CHARS + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < bytes->len; i++) {
        n = bytes->ptr[i] == stand_in ? n + 1 : 0;
        if (n == MST_HANDLE_CHARS) {
            memcpy(&bytes->ptr[i + 1 - n], handle, n);
            n = 0;
        }
    }
}

static void make_bytes(unsigned mode, struct mst_span input, struct mst_buf *out)
{
    (void)mst_buf_add_str(out,
                          mode & IS_FLAT ? MST_WS_PEER_SHAKE("/ws/") : MST_WS_PEER_SHAKE("/ws"));
    if (mode & IS_KNOWN)
        mst_ws_peer_add_auth(out, "cccccccccccccccccccccccccccccccccccccccc");
    if (mode & IS_LINES)
        add_lines(out, input);
    else
        (void)mst_buf_add(out, input);
    assert(mst_buf_err(out) == MST_OK);
    put_in(out, 'c', cik);
    put_in(out, 'd', port);
}

/* ---- what comes back ---- */

static void check_reply(struct mst_span got)
{
    const struct mst_span end = MST_LIT("\r\n\r\n");
    size_t at = 0;

    assert(mst_span_starts(got, MST_LIT("HTTP/1.1 101 ")));
    while (!mst_span_eq(mst_span_cut(got, at, at + end.len), end))
        at++;
    mst_ws_peer_check(mst_span_cut(got, at + end.len, got.len), false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span input = mst_span_of(data, size);
    struct mst_line line;
    struct mst_buf bytes;
    unsigned mode;

    if (size == 0)
        return 0;
    mode = data[0];
    prepare_site();
    prepare_client();
    mst_buf_init(&bytes, BYTES_MAX);
    make_bytes(mode, mst_span_cut(input, 1, size), &bytes);
    line = mst_line_open(site);
    mst_line_send_bytes(&line, mst_buf_span(&bytes));
    if (mode & IS_DROPPED)
        drop_client();
    mst_line_half_close(&line);
    check_reply(mst_line_rest(&line));
    mst_line_close(&line);
    if (!(mode & IS_DROPPED))
        drop_client();
    mst_buf_fini(&bytes);
    return 0;
}
