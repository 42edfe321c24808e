#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hex.h"
#include "front/udp/udp.h"
#include "net/datagram.h"
#include "server/keys.h"
#include "sys/clock.h"
#include "sys/metric.h"
#include "sys/queue.h"
#include "tests/lib/dump.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"
#include "wire/pct.h"

enum { PATIENCE_S = 30, LINE_BYTES_MAX = 32 * 1024 * 1024, REQUEST_MAX = 8 * 1024 * 1024 };
enum { DATAGRAMS_PER_S = 1000000 };

struct site_task {
    struct mst_task task; /* first */
    struct mst_site *site;
};

struct mst_site {
    struct mst_site_opts opts;
    struct mst_server_keys keys;
    struct mst_keys port;
    struct mst_domain domain;
    struct mst_store *store;
    struct mst_watch_hub *hub;
    struct mst_http_opts http;
    struct mst_loop *loop;
    struct mst_http_worker *worker;
    struct mst_listener *listener;
    struct mst_udp *udp;
    struct mst_datagrams *datagrams; /* closed with the loop */
    struct mst_thread *thread;
    struct site_task drain;
    struct site_task end;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_drained;
    atomic_llong passed_s;
    atomic_bool is_started;
    uint16_t port_number;
    char root[MST_HANDLE_CHARS + 1];
    struct mst_line line;
    struct mst_buf request, text;
};

#define must(call) ck_assert_int_eq((int)(call), MST_OK)

static void now(void *arg, int64_t *ret_window_now, int64_t *ret_wall_now)
{
    struct mst_site *site = arg;

    const int64_t begin_s = site->opts.clock_s != 0 ? site->opts.clock_s : mst_clock_wall_s();

    *ret_window_now = *ret_wall_now = begin_s + atomic_load(&site->passed_s);
}

static bool inject(void *arg, bool *ret_is_applied)
{
    struct mst_site *site = arg;

    return atomic_load(&site->is_started) && site->opts.inject_unknown &&
           site->opts.inject_unknown(site->opts.arg, ret_is_applied);
}

static void make_keys(struct mst_site *site)
{
    const uint8_t store_id[MST_STORE_ID_BYTES] = {1, 2, 3};
    const struct mst_secret_key locator =
                                    {
                                        {4, 5, 6}
    },
                                rotating = {{7, 8, 9}};

    mst_handle_derive_locator(&site->keys.handles, &locator, store_id);
    must(mst_handle_derive_rotating(&site->keys.handles, 1, &rotating, store_id));
    site->keys.gens[0] = 0xabcdef;
    site->keys.n_gens = 1;
    site->keys.current_kid = 1;
    site->port = mst_server_keys_port(&site->keys);
    site->domain = (struct mst_domain){.keys = &site->port, .window_s = MST_WINDOW_S_DEFAULT};
}

/* ---- commands of the test's own ---- */

struct own_cmd {
    struct mst_cmd cmd; /* first */
    struct mst_site *site;
    struct mst_buf *out;
    enum mst_err (*change)(void *arg, struct mst_tx *tx);
    void *arg;
    bool is_done;
};

static void own_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct own_cmd *own = (struct own_cmd *)cmd;

    must(err);
    pthread_mutex_lock(&own->site->mutex);
    own->is_done = true;
    pthread_cond_signal(&own->site->changed);
    pthread_mutex_unlock(&own->site->mutex);
}

static void submit_own(struct mst_site *site, struct own_cmd *own)
{
    own->site = site;
    own->cmd.done = own_done;
    must(mst_store_submit(site->store, &own->cmd));
    pthread_mutex_lock(&site->mutex);
    while (!own->is_done)
        pthread_cond_wait(&site->changed, &site->mutex);
    pthread_mutex_unlock(&site->mutex);
}

static void run_own(struct mst_site *site, enum mst_file file,
                    enum mst_err (*run)(struct mst_cmd *cmd, struct mst_tx *tx),
                    struct mst_buf *out)
{
    struct own_cmd own = {
        .cmd = {.run = run, .file = file},
          .out = out
    };

    submit_own(site, &own);
}

static enum mst_err run_change(struct mst_cmd *cmd, struct mst_tx *tx)
{
    const struct own_cmd *own = (struct own_cmd *)cmd;

    return own->change(own->arg, tx);
}

void mst_site_change(struct mst_site *site, enum mst_err (*change)(void *arg, struct mst_tx *tx),
                     void *arg)
{
    struct own_cmd own = {
        .cmd = {.run = run_change, .file = MST_FILE_STATE},
          .change = change, .arg = arg
    };

    submit_own(site, &own);
}

static enum mst_err make_root(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct mst_site *site = ((struct own_cmd *)cmd)->site;
    struct mst_handle cik;
    bool is_new;
    enum mst_err err = mst_domain_ensure_root(&site->domain, tx, &is_new, &cik);

    if (err == MST_OK)
        memcpy(site->root, cik.text, MST_HANDLE_CHARS);
    return err;
}

static enum mst_err dump_file(struct mst_cmd *cmd, struct mst_tx *tx)
{
    return mst_dump_file(tx, cmd->file, ((struct own_cmd *)cmd)->out);
}

void mst_site_dump(struct mst_site *site, struct mst_buf *out)
{
    mst_buf_clear(out);
    for (int file = 0; file < MST_FILE_COUNT; file++)
        run_own(site, (enum mst_file)file, dump_file, out);
    must(mst_buf_err(out));
}

/* ---- start and stop ---- */

static void run_loop(void *arg)
{
    mst_loop_run(((struct mst_site *)arg)->loop);
}

static void fill_opts(struct mst_site *site, const struct mst_http_opts *wanted)
{
    struct mst_http_opts *http = &site->http;

    *http = *wanted;
    http->domain = &site->domain;
    http->store = site->store;
    http->hub = site->hub;
    http->head_ms = http->head_ms ? http->head_ms : 20000;
    http->body_ms = http->body_ms ? http->body_ms : 20000;
    http->idle_ms = http->idle_ms ? http->idle_ms : 60000;
    http->send_ms = http->send_ms ? http->send_ms : 20000;
    if (!http->content_max_bytes)
        http->content_max_bytes = MST_MIB(16);
    http->retry_after_s = http->retry_after_s ? http->retry_after_s : 5;
    if (!http->requests_per_connection)
        http->requests_per_connection = 1000;
}

static void open_udp(struct mst_site *site)
{
    const struct mst_udp_opts opts = {
        .domain = &site->domain, .store = site->store, .per_s = DATAGRAMS_PER_S};
    struct mst_addr addr;

    must(mst_udp_new(site->loop, &opts, &site->udp));
    must(mst_addr_parse(MST_LIT("127.0.0.1:0"), &addr));
    must(mst_datagrams_open(site->loop, &addr, mst_udp_received, site->udp, &site->datagrams));
}

struct mst_site *mst_site_start(const struct mst_site_opts *opts)
{
    static const struct mst_site_opts none;
    struct mst_site *site = calloc(1, sizeof *site);
    struct mst_memory_opts memory = {
        .batch_max = 64, .now = now, .inject_unknown = inject, .arg = site};
    struct mst_listener_opts listen = {.backlog = 128,
                                       .handshake_ms = 10000,
                                       .max_unsent_bytes = MST_UNSENT_MAX,
                                       .max_streams = 4096};

    ck_assert_ptr_nonnull(site);
    opts = opts ? opts : &none;
    site->opts = *opts;
    pthread_mutex_init(&site->mutex, NULL);
    pthread_cond_init(&site->changed, NULL);
    make_keys(site);
    site->domain.defects = opts->defects;
    memory.queue_max = opts->queue_max ? opts->queue_max : 1024;
    must(mst_memory_open(&memory, &site->store));
    must(mst_watch_hub_new(site->store, &site->hub));
    run_own(site, MST_FILE_STATE, make_root, NULL);
    fill_opts(site, &opts->http);
    must(mst_loop_new(&site->loop));
    must(mst_http_worker_new(site->loop, &site->http, &site->worker));
    must(mst_addr_parse(MST_LIT("127.0.0.1:0"), &listen.addr));
    must(mst_listener_open(site->loop, &listen, mst_http_accept, site->worker, &site->listener));
    site->port_number = mst_listener_addr(site->listener)->port;
    if (opts->is_udp)
        open_udp(site);
    must(mst_thread_start("loop", run_loop, site, &site->thread));
    site->line.fd = -1;
    mst_buf_init(&site->request, REQUEST_MAX);
    mst_buf_init(&site->text, LINE_BYTES_MAX);
    atomic_store(&site->is_started, true);
    return site;
}

static void drained(void *arg)
{
    struct mst_site *site = arg;

    pthread_mutex_lock(&site->mutex);
    site->is_drained = true;
    pthread_cond_signal(&site->changed);
    pthread_mutex_unlock(&site->mutex);
}

static void run_drain(struct mst_task *task)
{
    struct mst_site *site = ((struct site_task *)task)->site;

    mst_http_worker_drain(site->worker, drained, site);
}

void mst_site_start_drain(struct mst_site *site)
{
    site->drain = (struct site_task){.task = {.run = run_drain}, .site = site};
    mst_loop_post(site->loop, &site->drain.task);
}

void mst_site_await_drain(struct mst_site *site)
{
    pthread_mutex_lock(&site->mutex);
    while (!site->is_drained)
        pthread_cond_wait(&site->changed, &site->mutex);
    pthread_mutex_unlock(&site->mutex);
}

static void run_end(struct mst_task *task)
{
    struct mst_site *site = ((struct site_task *)task)->site;

    mst_listener_close(site->listener);
    mst_loop_stop(site->loop);
}

uint16_t mst_site_port(const struct mst_site *site)
{
    return site->port_number;
}

uint16_t mst_site_udp_port(const struct mst_site *site)
{
    return mst_datagrams_addr(site->datagrams)->port;
}

void mst_site_stop(struct mst_site *site)
{
    mst_line_close(&site->line);
    site->end = (struct site_task){.task = {.run = run_end}, .site = site};
    mst_loop_post(site->loop, &site->end.task);
    mst_thread_join(site->thread);
    mst_http_worker_free(site->worker);
    mst_udp_free(site->udp);
    mst_loop_free(site->loop);
    mst_store_close(site->store);
    mst_watch_hub_free(site->hub);
    mst_buf_fini(&site->request);
    mst_buf_fini(&site->text);
    pthread_cond_destroy(&site->changed);
    pthread_mutex_destroy(&site->mutex);
    free(site);
}

void mst_site_pass(struct mst_site *site, int64_t seconds)
{
    atomic_fetch_add(&site->passed_s, seconds);
}

const char *mst_site_root(const struct mst_site *site)
{
    return site->root;
}

/* ---- one connection ---- */

struct mst_line mst_line_open(struct mst_site *site)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons(site->port_number),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct mst_line line = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    ck_assert_int_ge(line.fd, 0);
    setsockopt(line.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(line.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(line.fd, (const struct sockaddr *)&addr, sizeof addr), 0);
    mst_buf_init(&line.in, LINE_BYTES_MAX);
    return line;
}

void mst_line_close(struct mst_line *line)
{
    if (line->fd >= 0)
        close(line->fd);
    line->fd = -1;
    mst_buf_fini(&line->in);
}

void mst_line_send_bytes(struct mst_line *line, struct mst_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(line->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* the server closed: the reply or its absence tells */
        bytes = mst_span_cut(bytes, (size_t)n, bytes.len);
    }
}

void mst_line_send(struct mst_line *line, const char *text)
{
    mst_line_send_bytes(line, mst_span_str(text));
}

void mst_line_half_close(struct mst_line *line)
{
    ck_assert_int_eq(shutdown(line->fd, SHUT_WR), 0);
}

static bool pull(struct mst_line *line)
{
    char *room;
    ssize_t n;

    must(mst_buf_reserve(&line->in, 65536, &room));
    do
        n = recv(line->fd, room, 65536, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        mst_buf_commit(&line->in, (size_t)n);
    return n > 0;
}

static size_t head_size(struct mst_span in)
{
    for (size_t i = 0; i + 4 <= in.len; i++)
        if (mst_span_eq(mst_span_cut(in, i, i + 4), MST_LIT("\r\n\r\n")))
            return i + 4;
    return 0;
}

static bool find_field(struct mst_span head, struct mst_span name, struct mst_span *ret_value)
{
    struct mst_cur cur = mst_cur_of(head);
    struct mst_span row;

    while (mst_cur_until(&cur, '\n', &row))
        if (mst_span_starts(row, name)) {
            *ret_value = mst_span_cut(row, name.len, row.len - 1);
            return true;
        }
    return false;
}

static struct mst_answer read_reply(struct mst_line *line, bool has_body)
{
    struct mst_answer answer = {0};
    struct mst_span in, value;
    uint64_t status, length = 0;
    size_t size;

    while (!(size = head_size(mst_buf_span(&line->in))))
        ck_assert_msg(pull(line), "no reply: the connection ended after \"%.*s\"",
                      (int)line->in.len, line->in.ptr ? line->in.ptr : "");
    answer.head = mst_span_cut(mst_buf_span(&line->in), 0, size);
    ck_assert(mst_span_starts(answer.head, MST_LIT("HTTP/1.1 ")));
    must(mst_span_u64(mst_span_cut(answer.head, 9, 12), 999, &status));
    answer.status = (unsigned)status;
    answer.is_closing = find_field(answer.head, MST_LIT("Connection: close"), &value);
    if (status != 100) {
        ck_assert(find_field(answer.head, MST_LIT("Content-Length: "), &value));
        must(mst_span_u64(value, LINE_BYTES_MAX, &length));
    }
    if (!has_body)
        length = 0;
    while (line->in.len < size + length)
        ck_assert(pull(line));
    in = mst_buf_span(&line->in);
    answer.head = mst_span_cut(in, 0, size);
    answer.body = mst_span_cut(in, size, size + length);
    return answer;
}

/* What a reply's spans point to must stay, so the reply before is dropped only now. */
static void drop_reply(struct mst_line *line, struct mst_buf *keep, struct mst_answer *answer)
{
    size_t head = answer->head.len, body = answer->body.len;

    mst_buf_clear(keep);
    must(mst_buf_add(keep, mst_span_cut(mst_buf_span(&line->in), 0, head + body)));
    mst_buf_drop_front(&line->in, head + body);
    answer->head = mst_span_cut(mst_buf_span(keep), 0, head);
    answer->body = mst_span_cut(mst_buf_span(keep), head, head + body);
}

static struct mst_buf last_reply = {.max_bytes = LINE_BYTES_MAX};

struct mst_answer mst_line_reply(struct mst_line *line)
{
    struct mst_answer answer = read_reply(line, true);

    drop_reply(line, &last_reply, &answer);
    return answer;
}

struct mst_answer mst_line_reply_to_head(struct mst_line *line)
{
    struct mst_answer answer = read_reply(line, false);

    drop_reply(line, &last_reply, &answer);
    return answer;
}

struct mst_span mst_line_rest(struct mst_line *line)
{
    while (pull(line))
        continue;
    return mst_buf_span(&line->in);
}

/* ---- whole exchanges ---- */

struct mst_answer mst_site_ask_typed(struct mst_site *site, const char *method, const char *path,
                                     const char *header, const char *type, const char *body)
{
    struct mst_answer answer;
    struct mst_buf *request = &site->request;

    if (site->line.fd < 0)
        site->line = mst_line_open(site);
    mst_buf_clear(request);
    (void)mst_buf_addf(request, "%s %s HTTP/1.1\r\nHost: m2.exosite.com\r\n", method, path);
    if (header)
        (void)mst_buf_addf(request, "%s\r\n", header);
    if (type)
        (void)mst_buf_addf(request, "Content-Type: %s\r\n", type);
    (void)mst_buf_addf(request, "Content-Length: %zu\r\n\r\n", body ? strlen(body) : 0);
    (void)mst_buf_add_str(request, body ? body : "");
    must(mst_buf_err(request));
    mst_line_send_bytes(&site->line, mst_buf_span(request));
    answer = mst_line_reply(&site->line);
    if (answer.is_closing)
        mst_line_close(&site->line);
    return answer;
}

struct mst_answer mst_site_ask(struct mst_site *site, const char *method, const char *path,
                               const char *header, const char *body)
{
    return mst_site_ask_typed(site, method, path, header, NULL, body);
}

unsigned mst_site_status(struct mst_site *site, const char *method, const char *path,
                         const char *header, const char *body)
{
    return mst_site_ask(site, method, path, header, body).status;
}

const char *mst_site_rpc(struct mst_site *site, const char *cik, const char *procedure,
                         const char *arguments)
{
    struct mst_buf body;
    struct mst_answer answer;

    mst_buf_init(&body, REQUEST_MAX);
    (void)mst_buf_addf(&body,
                       "{\"auth\":{\"cik\":\"%s\"},\"calls\":[{\"id\":1,\"procedure\":\"%s\","
                       "\"arguments\":%s}]}",
                       cik, procedure, arguments);
    must(mst_buf_add_byte(&body, '\0'));
    answer = mst_site_ask(site, "POST", "/onep:v1/rpc/process", NULL, body.ptr);
    mst_buf_fini(&body);
    ck_assert_uint_eq(answer.status, 200);
    mst_buf_clear(&site->text);
    (void)mst_buf_add(&site->text, answer.body);
    must(mst_buf_add_byte(&site->text, '\0'));
    return site->text.ptr;
}

static void take_handle(const char *text, const char *before, char ret[41])
{
    const char *at = strstr(text, before);

    ck_assert_msg(at != NULL, "no %s in %s", before, text);
    memcpy(ret, &at[strlen(before)], MST_HANDLE_CHARS);
    ret[MST_HANDLE_CHARS] = '\0';
}

void mst_site_rpc_rid(struct mst_site *site, const char *cik, const char *procedure,
                      const char *arguments, char ret[41])
{
    take_handle(mst_site_rpc(site, cik, procedure, arguments), "\"status\":\"ok\",\"result\":\"",
                ret);
}

void mst_site_key(struct mst_site *site, const char *owner_cik, const char *rid, char ret[41])
{
    char arguments[128];

    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"key\":true}]", rid);
    take_handle(mst_site_rpc(site, owner_cik, "info", arguments), "\"key\":\"", ret);
}

const char *mst_by_cik(const char *cik, char buf[64])
{
    (void)snprintf(buf, 64, "X-Exosite-CIK: %s", cik);
    return buf;
}

/* ---- the scene ---- */

#define ROOMY                                                                                \
    "{\"limits\":{\"client\":\"inherit\",\"dataport\":\"inherit\",\"datarule\":\"inherit\"," \
    "\"dispatch\":\"inherit\",\"share\":\"inherit\"}}"

static void make_client(struct mst_site *site, const char *owner_cik, char ret_rid[41],
                        char ret_cik[41])
{
    mst_site_rpc_rid(site, owner_cik, "create", "[\"client\"," ROOMY "]", ret_rid);
    mst_site_key(site, owner_cik, ret_rid, ret_cik);
}

static void make_template(struct mst_site *site, struct mst_scene *scene)
{
    static const char *const ports[][2] = {
        {"temp",  "float"  },
        {"count", "integer"},
        {"note",  "string" }
    };
    char cik[41], rid[41], arguments[256];

    make_client(site, scene->vendor_cik, scene->template_rid, cik);
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        (void)snprintf(arguments, sizeof arguments,
                       "[\"dataport\",{\"format\":\"%s\",\"name\":\"%s\"}]", ports[i][1],
                       ports[i][0]);
        mst_site_rpc_rid(site, cik, "create", arguments, rid);
        (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"%s\",\"%s\"]", rid, ports[i][0]);
        ck_assert_str_eq(mst_site_rpc(site, cik, "map", arguments),
                         "[{\"id\":1,\"status\":\"ok\"}]");
    }
}

void mst_scene_make(struct mst_site *site, struct mst_scene *ret_scene)
{
    mst_scene_make_named(site, "acme", ret_scene);
}

void mst_scene_make_named(struct mst_site *site, const char *name, struct mst_scene *ret_scene)
{
    struct mst_scene scene = {.name = name};
    struct mst_answer answer;
    char body[128];

    make_client(site, site->root, scene.vendor_rid, scene.vendor_cik);
    mst_by_cik(scene.vendor_cik, scene.by_vendor);
    (void)snprintf(body, sizeof body, "vendor=%s", name);
    ck_assert_status(site, 205, "POST", "/provision/register", scene.by_vendor, body);
    answer = mst_site_ask(site, "POST", "/provision/admin/auth/", scene.by_vendor, "id=t1");
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(answer.body.len, MST_HANDLE_CHARS);
    memcpy(scene.token, answer.body.ptr, MST_HANDLE_CHARS);
    (void)snprintf(scene.by_token, sizeof scene.by_token, "X-Exosite-Token: %s", scene.token);
    make_client(site, scene.vendor_cik, scene.portal_rid, scene.portal_cik);
    make_template(site, &scene);
    (void)snprintf(body, sizeof body, "model=m1&rid=%s", scene.template_rid);
    ck_assert_status(site, 205, "POST", "/provision/manage/model/", scene.by_token, body);
    *ret_scene = scene;
}

void mst_scene_device(struct mst_site *site, const struct mst_scene *scene, const char *sn,
                      char ret_rid[41], char ret_cik[41])
{
    char path[256], body[256];
    struct mst_answer answer;

    (void)snprintf(body, sizeof body, "sn=%s", sn);
    ck_assert_status(site, 205, "POST", "/provision/manage/model/m1/", scene->by_token, body);
    (void)snprintf(path, sizeof path, "/provision/manage/model/m1/%s", sn);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene->portal_rid);
    answer = mst_site_ask(site, "POST", path, scene->by_token, body);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(answer.body.len, MST_HANDLE_CHARS);
    memcpy(ret_rid, answer.body.ptr, MST_HANDLE_CHARS);
    ret_rid[MST_HANDLE_CHARS] = '\0';
    (void)snprintf(body, sizeof body, "vendor=%s&model=m1&sn=%s", scene->name, sn);
    answer = mst_site_ask(site, "POST", "/provision/activate", NULL, body);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(answer.body.len, MST_HANDLE_CHARS);
    memcpy(ret_cik, answer.body.ptr, MST_HANDLE_CHARS);
    ret_cik[MST_HANDLE_CHARS] = '\0';
}

struct mst_site *mst_scene_start(const struct mst_site_opts *opts, const char *sn,
                                 struct mst_scene *ret_scene, char ret_rid[41], char ret_cik[41])
{
    struct mst_site *site = mst_site_start(opts);

    mst_scene_make(site, ret_scene);
    mst_scene_device(site, ret_scene, sn, ret_rid, ret_cik);
    return site;
}

/* ---- what devices do ---- */

#define ALIAS "/onep:v1/stack/alias"

void mst_site_write(struct mst_site *site, const char *cik, const char *values)
{
    char by[64];

    ck_assert_status(site, 204, "POST", ALIAS, mst_by_cik(cik, by), values);
}

void mst_site_record(struct mst_site *site, const char *cik, const char *alias, int64_t at,
                     const char *value)
{
    char path[128], body[128], by[64];

    (void)snprintf(path, sizeof path, ALIAS "/%s", alias);
    (void)snprintf(body, sizeof body, "%lld=%s", (long long)at, value);
    ck_assert_status(site, 204, "POST", path, mst_by_cik(cik, by), body);
}

void mst_site_await_asleep(uint64_t n)
{
    while (mst_metric_sum(MST_M_WAITING, 0) != n)
        (void)sched_yield();
}

bool mst_site_serves_others(struct mst_site *site, struct mst_span request)
{
    bool is_served = false;

    for (int i = 0; i < 10 && !is_served; i++) {
        struct mst_line busy = mst_line_open(site), other = mst_line_open(site);
        struct pollfd answer = {.fd = busy.fd, .events = POLLIN};

        mst_line_send_bytes(&busy, request);
        mst_line_send(&other, "GET /timestamp HTTP/1.1\r\n\r\n");
        ck_assert_uint_eq(mst_line_reply(&other).status, 200);
        is_served = poll(&answer, 1, 0) == 0;
        ck_assert_uint_eq(mst_line_reply(&busy).status, 200);
        mst_line_close(&other);
        mst_line_close(&busy);
    }
    return is_served;
}

bool mst_text_has(struct mst_span text, const char *piece)
{
    struct mst_span want = mst_span_str(piece);

    for (size_t i = 0; i + want.len <= text.len; i++)
        if (mst_span_eq(mst_span_cut(text, i, i + want.len), want))
            return true;
    return false;
}

/* ---- scripts ---- */

static const char *find_value(const struct mst_cast *cast, const char *text, size_t *ret_skip)
{
    const struct mst_scene *scene = cast->scene, *other = cast->other;
    const struct {
        const char *name;
        const char *value;
    } values[] = {
        {"$vendor",        scene->vendor_rid                 },
        {"$portal",        scene->portal_rid                 },
        {"$template",      scene->template_rid               },
        {"$rid",           cast->rid                         },
        {"$cik",           cast->cik                         },
        {"$token",         scene->token                      },
        {"$V",             scene->by_vendor                  },
        {"$T",             scene->by_token                   },
        {"$Pcik",          scene->portal_cik                 },
        {"$Vcik",          scene->vendor_cik                 },
        {"$otherportal",   other ? other->portal_rid : NULL  },
        {"$othertemplate", other ? other->template_rid : NULL},
        {"$OV",            other ? other->by_vendor : NULL   },
        {"$OT",            other ? other->by_token : NULL    },
    };
    size_t best = 0;
    const char *value = NULL;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        size_t len = strlen(values[i].name);

        if (len > best && strncmp(text, values[i].name, len) == 0 && values[i].value) {
            best = len;
            value = values[i].value;
        }
    }
    *ret_skip = best;
    return value;
}

static const char *expand(const struct mst_cast *cast, const char *text, struct mst_buf *out)
{
    if (!text)
        return NULL;
    mst_buf_clear(out);
    for (size_t i = 0; text[i];) {
        size_t skip = 0;
        const char *value = text[i] == '$' ? find_value(cast, &text[i], &skip) : NULL;

        if (value) {
            (void)mst_buf_add_str(out, value);
            i += skip;
        } else {
            (void)mst_buf_add_byte(out, text[i++]);
        }
    }
    must(mst_buf_add_byte(out, '\0'));
    return out->ptr;
}

static bool is_handle(struct mst_span text)
{
    uint8_t bytes[MST_HANDLE_BYTES];

    return text.len == MST_HANDLE_CHARS && mst_hex_decode(text, bytes, sizeof bytes) == MST_OK;
}

void mst_script_play(struct mst_site *site, const struct mst_cast *cast,
                     const struct mst_script *rows, size_t n_rows)
{
    struct mst_buf header, body, want, path;

    mst_buf_init(&header, MST_KIB(4));
    mst_buf_init(&body, REQUEST_MAX);
    mst_buf_init(&want, REQUEST_MAX);
    mst_buf_init(&path, MST_KIB(4));
    for (size_t i = 0; i < n_rows; i++) {
        const struct mst_script *row = &rows[i];
        struct mst_answer answer = mst_site_ask_typed(
            site, row->method, expand(cast, row->path, &path), expand(cast, row->header, &header),
            row->type, expand(cast, row->body, &body));
        const char *reply = row->reply ? expand(cast, row->reply, &want) : "";

        ck_assert_msg(answer.status == row->status, "row %zu, %s %s: got %u, wanted %u \"%.*s\"", i,
                      row->method, row->path, answer.status, row->status, (int)answer.body.len,
                      answer.body.ptr);
        if (answer.status >= 400 && !row->reply) {
            ck_assert_uint_ge(answer.body.len, 9);
            ck_assert(mst_span_starts(answer.head, answer.body));
            continue;
        }
        if (strcmp(reply, "*") == 0)
            continue;
        if (strcmp(reply, "#") == 0)
            ck_assert_msg(is_handle(answer.body), "row %zu: no handle", i);
        else
            ck_assert_msg(mst_span_eq(answer.body, mst_span_str(reply)),
                          "row %zu, %s %s: got \"%.*s\", wanted \"%s\"", i, row->method, row->path,
                          (int)answer.body.len, answer.body.ptr, reply);
    }
    mst_buf_fini(&header);
    mst_buf_fini(&body);
    mst_buf_fini(&want);
    mst_buf_fini(&path);
}
