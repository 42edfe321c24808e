/*
 * One loop, one worker and one set of listeners per thread; the listeners of the
 * threads share their addresses (SO_REUSEPORT). The first thread's listeners are
 * opened first, so that a port 0 is picked once and then shared.
 *
 * Order of start: store, keys, root client, sweeper, ticker, TLS, loops, listeners, threads. The
 * end goes the other way, except that the loops end by themselves once their last
 * connection is gone.
 */
#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/limits.h"
#include "core/domain.h"
#include "core/subscribe.h"
#include "front/http/front.h"
#include "net/tls.h"
#include "server/admin.h"
#include "server/command.h"
#include "server/copying.h"
#include "server/keyring.h"
#include "server/paths.h"
#include "server/sender.h"
#include "server/server.h"
#include "server/sweeper.h"
#include "server/ticker.h"
#include "server/udp.h"
#include "store/sqlite/sqlite.h"
#include "sys/clock.h"
#include "sys/defect.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/metric.h"
#include "sys/queue.h"
#include "sys/random.h"

enum {
    LISTENERS_MAX = 2 * MST_LISTENS_MAX,
    /* store files, loops, standard streams, the admin listener, messages under way with their name look-ups */
    DESCRIPTORS_BESIDE = 128 + MST_ADMIN_CONNECTIONS_MAX + 4 * MST_SENDING_MAX
};

struct serving {
    struct mst_task drain; /* first: the loop hands it back */
    struct mst_server *server;
    struct mst_loop *loop;
    struct mst_http_worker *worker;
    struct mst_listener *listeners[LISTENERS_MAX];
    size_t n_listeners;
    struct mst_thread *thread;
    struct mst_timer *drain_timer;
};

struct mst_server {
    const struct mst_settings *settings;
    struct mst_store *store;
    struct mst_watch_hub *hub;
    struct mst_server_keys keys;
    struct mst_keys keys_port;
    struct mst_domain domain;
    struct mst_sweeper *sweeper;
    struct mst_sender *sender;
    struct mst_ticker *ticker;
    struct mst_http_opts http_opts;
    struct mst_paths paths;
    struct mst_tls *tls[MST_LISTENS_MAX]; /* by https address */
    struct mst_addr bound[LISTENERS_MAX]; /* http addresses, then https ones */
    struct serving *servings;
    size_t n_servings;
    struct mst_health health;
    struct mst_admin *admin;   /* NULL: none */
    struct mst_udp_ports *udp; /* of the first serving; NULL: none */
    atomic_bool is_drain_late;
};

/* ---- TLS ---- */

static int64_t tls_min_of(const struct mst_settings *settings, size_t https)
{
    int64_t own = settings->https.items[https].tls_min;

    return own ? own : settings->tls_min;
}

static enum mst_err open_tls(const struct mst_settings *settings, size_t https,
                             struct mst_tls **ret_tls, struct mst_buf *why)
{
    const struct mst_certs *certs = &settings->tls_certificates;
    struct mst_tls_pair pairs[MST_CERTS_MAX];
    const char *what = "";
    enum mst_err err;

    for (size_t i = 0; i < certs->n_items; i++)
        pairs[i] = (struct mst_tls_pair){certs->items[i].cert, certs->items[i].key};
    err = mst_tls_new(pairs, certs->n_items, (enum mst_tls_version)tls_min_of(settings, https),
                      ret_tls, &what);
    if (err)
        (void)mst_buf_addf(why, "tls_certificates: %s\n", what);
    return err;
}

enum mst_err mst_server_check(const struct mst_settings *settings, struct mst_buf *why)
{
    struct mst_tls *tls;

    if (settings->https.n_items == 0 || settings->tls_certificates.n_items == 0)
        return MST_OK;
    if (open_tls(settings, 0, &tls, why))
        return MST_EINVAL;
    mst_tls_free(tls);
    return MST_OK;
}

static enum mst_err open_all_tls(struct mst_server *server, struct mst_buf *why)
{
    const struct mst_listens *https = &server->settings->https;

    for (size_t i = 0; i < https->n_items; i++) {
        int64_t min = tls_min_of(server->settings, i);
        char text[MST_ADDR_CHARS];
        enum mst_err err = open_tls(server->settings, i, &server->tls[i], why);

        if (err)
            return err;
        mst_addr_print(&https->items[i].addr, text);
        if (min < MST_TLS_1_2)
            mst_log(MST_LOG_WARNING, MST_EV_CONFIG,
                    "https %s accepts TLS 1.%d, which is broken: keep it to old firmware on a "
                    "network of its own",
                    text, (int)(min - MST_TLS_1_0));
    }
    return MST_OK;
}

/* ---- store and keys ---- */

/* The store has said so in the log. What was not answered may or may not be stored. */
static void end_at_failed_fsync(void *arg)
{
    (void)arg;
    _exit(MST_EXIT_FSYNC);
}

static const char *store_advice(enum mst_err err)
{
    switch ((int)err) {
    case MST_EVERSION:
        return ": use the newer musterd that made it";
    case MST_EBUSY:
        return ": another musterd uses this directory; end it first";
    case MST_EINVAL:
        return ": put the data directory on a local disk";
    case MST_ECORRUPT:
        return ": put back a backup";
    case MST_EIO:
        return ": look whether this user may write there, and whether the disk is well";
    default:
        return "";
    }
}

static size_t thread_count(const struct mst_settings *settings)
{
    cpu_set_t cpus;
    int count;

    if (settings->threads > 0)
        return (size_t)settings->threads;
    if (sched_getaffinity(0, sizeof cpus, &cpus))
        return 1;
    count = CPU_COUNT(&cpus);
    return count > 0 ? (size_t)count : 1;
}

static enum mst_err open_store(struct mst_server *server, struct mst_buf *why)
{
    const struct mst_settings *settings = server->settings;
    struct mst_sqlite_opts opts = {
        .dir = settings->data,
        .queue_max = (size_t)settings->queue_max,
        .batch_max = (size_t)settings->batch_max,
        .cache_bytes = MST_MIB(settings->cache_mib),
        .checkpoint = settings->checkpoint == MST_CHECKPOINT_COMMIT ? MST_SQLITE_CHECKPOINT_COMMIT
                                                                    : MST_SQLITE_CHECKPOINT_THREAD,
        .fsync_failed = end_at_failed_fsync,
    };
    const char *what = "";
    unsigned mode;
    enum mst_err err = mst_dir_ensure(settings->data);

    if (err) {
        (void)mst_buf_addf(why, "data directory %s cannot be made: %s\n", settings->data,
                           mst_err_text(err));
        return err;
    }
    if (mst_file_mode(server->paths.restoring_dir, &mode) == MST_OK) {
        (void)mst_buf_addf(why,
                           "a restore into %s was not finished: run it again, it begins anew\n",
                           settings->data);
        return MST_EBUSY;
    }
    err = mst_sqlite_open(&opts, &server->store, &what);
    if (err)
        (void)mst_buf_addf(why, "the store in %s cannot be opened: %s (%s)%s\n", settings->data,
                           mst_err_text(err), what ? what : "", store_advice(err));
    else if (mst_ticker_new(server->store, &server->domain, &server->ticker)) {
        (void)mst_buf_add_str(why, "out of memory\n");
        return MST_ENOMEM;
    }
    return err;
}

static enum mst_err open_hub(struct mst_server *server, struct mst_buf *why)
{
    enum mst_err err = mst_watch_hub_new(server->store, &server->hub);

    if (err)
        (void)mst_buf_add_str(why, "out of memory\n");
    return err;
}

/* The domain's part of the defects that a test may have seeded; none in release builds. */
static unsigned seeded_defects(void)
{
    return (mst_defect(MST_DEFECT_NO_STATE_CHECK) ? MST_DEFECTIVE_STATE_CHECK : 0u) |
           (mst_defect(MST_DEFECT_NEW_KEY_ON_RETRY) ? MST_DEFECTIVE_RETRY : 0u) |
           (mst_defect(MST_DEFECT_LATE_EXPIRY) ? MST_DEFECTIVE_EXPIRY : 0u) |
           (mst_defect(MST_DEFECT_WRONG_TENANT) ? MST_DEFECTIVE_TENANT : 0u) |
           (mst_defect(MST_DEFECT_FREE_MOVE) ? MST_DEFECTIVE_MOVE : 0u) |
           (mst_defect(MST_DEFECT_WIDE_GRANT) ? MST_DEFECTIVE_GRANT : 0u) |
           (mst_defect(MST_DEFECT_FREE_CLONE) ? MST_DEFECTIVE_CLONE : 0u) |
           (mst_defect(MST_DEFECT_LASTING_KEY) ? MST_DEFECTIVE_REVOKE : 0u) |
           (mst_defect(MST_DEFECT_OLD_MEMORY) ? MST_DEFECTIVE_MEMORY : 0u);
}

static void note_skipped(void)
{
    mst_metric_add(MST_M_FLOW_SKIPPED, 0, 1);
}

static void note_queue_full(void)
{
    mst_metric_add(MST_M_DISPATCH_FULL, 0, 1);
}

static enum mst_err open_keys(struct mst_server *server, struct mst_buf *why)
{
    const struct mst_settings *settings = server->settings;
    bool is_written;
    enum mst_err err;

    err = mst_keyring_open(server->store, server->paths.key_file, &server->keys, why);
    if (err)
        goto out;
    server->keys_port = mst_server_keys_port(&server->keys);
    server->domain = (struct mst_domain){
        .keys = &server->keys_port,
        .window_s = settings->window_s,
        .is_sn_scope_model = settings->sn_scope == MST_SN_SCOPE_MODEL,
        .is_delete_disabling = settings->delete_sn_disables != 0,
        .is_content_replaced = settings->content_overwrite != 0,
        .session = (int64_t)mst_random_u64(),
        .defects = seeded_defects(),
        .note_skipped = note_skipped,
        .note_queue_full = note_queue_full,
    };
    err = mst_keyring_ensure_root(server->store, &server->domain, server->paths.cik_file,
                                  &is_written, why);
    if (!err && is_written)
        mst_log(MST_LOG_INFO, MST_EV_STORE, "the root client's CIK was written to %s",
                server->paths.cik_file);
out:
    if (err)
        (void)mst_buf_add_byte(why, '\n');
    return err;
}

/* Before anything is served: points of clones that an end without warning left uncopied. */
static enum mst_err resume_copying(struct mst_server *server, struct mst_buf *why)
{
    uint64_t n = 0;
    enum mst_err err = MST_OK;

    if (!mst_defect(MST_DEFECT_NO_RESUME))
        err = mst_copying_resume(server->store, &n);
    if (err)
        (void)mst_buf_addf(why, "points of clones cannot be copied: %s\n", mst_err_text(err));
    else if (n > 0)
        mst_log(MST_LOG_INFO, MST_EV_STORE,
                "the points of %llu dataports of clones were copied, which the last end had "
                "interrupted",
                (unsigned long long)n);
    return err;
}

struct settling {
    const struct mst_domain *domain;
    bool is_more;
};

static enum mst_err settle_some(void *arg, struct mst_tx *tx)
{
    struct settling *settling = arg;

    return mst_subscribe_settle(settling->domain, tx, &settling->is_more);
}

/* Before anything is served, and once for a store of before version 5: a piece at a time, so that a
   large one needs little memory. An end in between is no harm. */
static enum mst_err settle_subscriptions(struct mst_server *server, struct mst_buf *why)
{
    struct settling settling = {.domain = &server->domain};
    enum mst_err err;

    do
        err = mst_command_wait(server->store, MST_FILE_STATE, settle_some, &settling);
    while (!err && settling.is_more);
    if (err)
        (void)mst_buf_addf(why, "subscriptions of an older store cannot be noted: %s\n",
                           mst_err_text(err));
    return err;
}

/* ---- loops ---- */

/* What one of n threads may have of all; never nothing. */
static size_t share(int64_t all, size_t n)
{
    return ((size_t)all + n - 1) / n;
}

/* However many threads there are, one must have room for a large reply beside another. */
static size_t held_max(int64_t all, size_t n)
{
    const size_t part = share(all, n);

    return part > 2 * MST_REPLY_MAX ? part : 2 * MST_REPLY_MAX;
}

static struct mst_listener_opts listener_opts(const struct mst_server *server, size_t index)
{
    const struct mst_settings *settings = server->settings;
    size_t n_http = settings->http.n_items;
    size_t n_servings = server->n_servings;

    return (struct mst_listener_opts){
        .addr = server->bound[index],
        .is_shared = true,
        .backlog = (int)settings->backlog,
        .tls = index < n_http ? NULL : server->tls[index - n_http],
        .label = index < n_http ? MST_LISTENER_HTTP : MST_LISTENER_HTTPS,
        .trusted = &settings->trusted_proxies,
        .handshake_ms = (uint64_t)settings->handshake_timeout_ms,
        .max_unsent_bytes = (size_t)settings->unsent_max_bytes,
        .max_streams = share(settings->connections_max, n_servings),
    };
}

/* A shared address would be shared with another musterd of the same user too, and each would get a
   part of the devices: so it is taken alone once, before it is shared. */
static enum mst_err probe(struct serving *serving, size_t index, struct mst_buf *why)
{
    struct mst_listener_opts opts = listener_opts(serving->server, index);
    struct mst_listener *listener;
    enum mst_err err;

    opts.is_shared = false;
    err = mst_listener_open(serving->loop, &opts, mst_http_accept, serving->worker, &listener);
    if (err)
        return mst_cannot_listen(&opts.addr, err, why);
    mst_listener_close(listener);
    return MST_OK;
}

/* Opens the listener of one address; index counts through http, then https. */
static enum mst_err open_listener(struct serving *serving, size_t index, struct mst_buf *why)
{
    struct mst_server *server = serving->server;
    struct mst_listener_opts opts = listener_opts(server, index);
    bool is_first = serving == server->servings;
    struct mst_listener *listener;
    enum mst_err err;

    if (is_first && opts.addr.port != 0 && probe(serving, index, why))
        return MST_EBUSY;
    err = mst_listener_open(serving->loop, &opts, mst_http_accept, serving->worker, &listener);
    if (err)
        return mst_cannot_listen(&opts.addr, err, why);
    server->bound[index] = *mst_listener_addr(listener);
    serving->listeners[serving->n_listeners] = listener;
    serving->n_listeners++;
    return MST_OK;
}

static enum mst_err open_serving(struct serving *serving, struct mst_buf *why)
{
    const struct mst_settings *settings = serving->server->settings;
    size_t n_listeners = settings->http.n_items + settings->https.n_items;
    enum mst_err err = mst_loop_new(&serving->loop);

    if (!err)
        err = mst_http_worker_new(serving->loop, &serving->server->http_opts, &serving->worker);
    if (err) {
        (void)mst_buf_addf(why, "a loop cannot be made: %s\n", mst_err_text(err));
        return err;
    }
    for (size_t i = 0; i < n_listeners && !err; i++)
        err = open_listener(serving, i, why);
    if (!err && mst_health_add_loop(&serving->server->health, serving->loop)) {
        (void)mst_buf_add_str(why, "out of memory\n");
        err = MST_ENOMEM;
    }
    return err;
}

static enum mst_err open_servings(struct mst_server *server, struct mst_buf *why)
{
    const struct mst_settings *settings = server->settings;
    size_t n_threads = thread_count(settings);
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < settings->http.n_items; i++)
        server->bound[i] = settings->http.items[i].addr;
    for (size_t i = 0; i < settings->https.n_items; i++)
        server->bound[settings->http.n_items + i] = settings->https.items[i].addr;
    server->servings = calloc(n_threads, sizeof *server->servings);
    if (!server->servings) {
        (void)mst_buf_add_str(why, "out of memory\n");
        return MST_ENOMEM;
    }
    server->n_servings = n_threads;
    for (size_t i = 0; i < n_threads; i++)
        server->servings[i].server = server;
    for (size_t i = 0; i < n_threads && !err; i++)
        err = open_serving(&server->servings[i], why);
    return err;
}

static enum mst_err open_udp(struct mst_server *server, struct mst_buf *why)
{
    return mst_udp_ports_open(server->settings, server->servings[0].loop, server->store,
                              &server->domain, &server->udp, why);
}

static void run_serving(void *arg)
{
    struct serving *serving = arg;

    mst_loop_run(serving->loop);
}

static enum mst_err start_servings(struct mst_server *server, struct mst_buf *why)
{
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < server->n_servings && !err; i++) {
        struct serving *serving = &server->servings[i];

        err = mst_thread_start("loop", run_serving, serving, &serving->thread);
    }
    if (err)
        (void)mst_buf_addf(why, "a thread cannot be started: %s\n", mst_err_text(err));
    return err;
}

/* Neither fewer nor many more than needed: each loop makes room for all (net/loop.c). */
static void set_descriptor_limit(const struct mst_settings *settings)
{
    int64_t n_listeners = (int64_t)(settings->http.n_items + settings->https.n_items);
    uint64_t wanted = (uint64_t)(settings->connections_max * n_listeners) + DESCRIPTORS_BESIDE;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : (rlim_t)wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        mst_log(MST_LOG_WARNING, MST_EV_CONFIG,
                "only %llu descriptors are allowed where connections_max may need %llu",
                (unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
}

static void close_serving(struct serving *serving)
{
    mst_http_worker_free(serving->worker);
    mst_loop_free(serving->loop);
}

static void close_server(struct mst_server *server)
{
    for (size_t i = 0; i < server->n_servings; i++)
        close_serving(&server->servings[i]);
    free(server->servings);
    mst_ticker_stop(server->ticker);
    mst_sender_stop(server->sender);
    mst_udp_ports_free(server->udp);
    mst_sweeper_stop(server->sweeper);
    mst_store_close(server->store);
    mst_watch_hub_free(server->hub);
    mst_sender_free(server->sender);
    mst_ticker_free(server->ticker);
    mst_admin_stop(server->admin);
    mst_health_fini(&server->health);
    for (size_t i = 0; i < MST_LISTENS_MAX; i++)
        mst_tls_free(server->tls[i]);
    mst_handle_keys_wipe(&server->keys.handles);
    free(server);
}

static enum mst_err start_sweeper(struct mst_server *server, struct mst_buf *why)
{
    enum mst_err err = mst_sweeper_start(server->store, &server->domain, &server->sweeper);

    if (err)
        (void)mst_buf_addf(why, "no memory or thread for sweeping content: %s\n",
                           mst_err_text(err));
    return err;
}

static enum mst_err start_sender(struct mst_server *server, struct mst_buf *why)
{
    enum mst_err err = mst_sender_start(server->sender);

    if (err)
        (void)mst_buf_addf(why, "no memory or thread for sending: %s\n", mst_err_text(err));
    return err;
}

static enum mst_err start_ticker(struct mst_server *server, struct mst_buf *why)
{
    enum mst_err err = mst_ticker_start(server->ticker);

    if (err)
        (void)mst_buf_addf(why, "no memory or thread for timers and retention: %s\n",
                           mst_err_text(err));
    return err;
}

static void set_http_opts(struct mst_server *server)
{
    const struct mst_settings *settings = server->settings;
    const size_t n_threads = thread_count(settings);

    server->http_opts = (struct mst_http_opts){
        .domain = &server->domain,
        .store = server->store,
        .hub = server->hub,
        .backup_dir = server->paths.backup_dir,
        .drop_blob = mst_sweeper_drop,
        .drop_arg = server->sweeper,
        .renew = mst_ticker_kick,
        .renew_arg = server->ticker,
        .trusted = &settings->trusted_proxies,
        .advertised = settings->advertised_address,
        .head_ms = (uint64_t)settings->head_timeout_ms,
        .body_ms = (uint64_t)settings->body_timeout_ms,
        .idle_ms = (uint64_t)settings->idle_timeout_ms,
        .ws_sessions_max = share(settings->websockets_max, n_threads),
        .held_max_bytes = held_max(settings->held_max_bytes, n_threads),
        .waits_max = share(settings->connections_max, n_threads),
        .watchers_max = share(settings->watchers_max, n_threads),
        .tenant_share = (unsigned)settings->tenant_share,
        .send_ms = (uint64_t)settings->send_timeout_ms,
        .content_max_bytes = (uint64_t)settings->content_max_bytes,
        .requests_per_connection = (unsigned)settings->requests_per_connection,
        .retry_after_s = (unsigned)settings->retry_after_s,
        .is_logging_requests = settings->log_requests != 0,
        .is_bad_value_skipped = settings->alias_skip_bad_values != 0,
        .is_ranges_wrapped = settings->ranges_wrapped != 0,
    };
}

static enum mst_err start_admin(struct mst_server *server, struct mst_buf *why)
{
    return mst_admin_start(server->settings, &server->health, &server->admin, why);
}

static enum mst_err open_sender(struct mst_server *server, struct mst_buf *why)
{
    return mst_sender_open(server->store, &server->domain, server->settings, &server->sender, why);
}

static enum mst_err open_http(struct mst_server *server, struct mst_buf *why)
{
    set_http_opts(server);
    return open_servings(server, why);
}

/* Each needs those before it; devices are answered after the last. */
static enum mst_err (*const steps[])(struct mst_server *server, struct mst_buf *why) = {
    open_all_tls,  start_admin,    open_store,           open_hub,
    open_sender,   open_keys,      settle_subscriptions, resume_copying,
    start_sweeper, start_sender,   start_ticker,         open_http,
    open_udp,      start_servings,
};

enum mst_err mst_server_start(const struct mst_settings *settings, struct mst_server **ret_server,
                              struct mst_buf *why)
{
    struct mst_server *server = calloc(1, sizeof *server);
    enum mst_err err = MST_OK;

    if (!server) {
        (void)mst_buf_add_str(why, "out of memory\n");
        return MST_ENOMEM;
    }
    server->settings = settings;
    mst_paths_of(settings, &server->paths);
    set_descriptor_limit(settings);
    mst_health_init(&server->health, (uint64_t)settings->stall_timeout_ms);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !err; i++)
        err = steps[i](server, why);
    if (err) {
        if (server->n_servings && server->servings[0].thread)
            _exit(MST_EXIT_START); /* a later thread failed: loops run already */
        close_server(server);
        return err;
    }
    mst_health_set_phase(&server->health, MST_SERVING);
    *ret_server = server;
    return MST_OK;
}

bool mst_server_look(struct mst_server *server)
{
    return mst_health_look(&server->health, mst_clock_mono_ns());
}

void mst_server_print_ready(const struct mst_server *server, struct mst_buf *out)
{
    size_t n_http = server->settings->http.n_items;
    size_t n_all = n_http + server->settings->https.n_items;
    char text[MST_ADDR_CHARS];

    (void)mst_buf_add_str(out, "ready");
    for (size_t i = 0; i < n_all; i++) {
        mst_addr_print(&server->bound[i], text);
        (void)mst_buf_addf(out, " %s=%s", i < n_http ? "http" : "https", text);
    }
    mst_udp_ports_print_ready(server->udp, out);
    mst_admin_print_ready(server->admin, out);
}

const char *mst_server_problem(const struct mst_server *server)
{
    return mst_health_problem(&server->health);
}

/* ---- the end ---- */

static void stop_loop(void *arg)
{
    struct serving *serving = arg;

    mst_timer_free(serving->drain_timer);
    serving->drain_timer = NULL;
    mst_loop_stop(serving->loop);
}

static void stop_late(void *arg)
{
    struct serving *serving = arg;

    atomic_store(&serving->server->is_drain_late, true);
    mst_loop_stop(serving->loop);
}

/* Datagrams are taken as long as connections are served. */
static void drain_udp(void *arg)
{
    struct serving *serving = arg;
    struct mst_server *server = serving->server;

    mst_udp_ports_drain(serving == server->servings ? server->udp : NULL, stop_loop, serving);
}

static void drain_serving(struct mst_task *task)
{
    struct serving *serving = (struct serving *)task;
    const struct mst_settings *settings = serving->server->settings;

    for (size_t i = 0; i < serving->n_listeners; i++)
        mst_listener_close(serving->listeners[i]);
    serving->n_listeners = 0;
    if (mst_timer_new(serving->loop, stop_late, serving, &serving->drain_timer))
        stop_late(serving);
    else
        mst_timer_set(serving->drain_timer, (uint64_t)settings->drain_timeout_ms);
    mst_http_worker_drain(serving->worker, drain_udp, serving);
}

void mst_server_stop(struct mst_server *server)
{
    mst_health_set_phase(&server->health, MST_DRAINING);
    for (size_t i = 0; i < server->n_servings; i++) {
        struct serving *serving = &server->servings[i];

        serving->drain.run = drain_serving;
        mst_loop_post(serving->loop, &serving->drain);
    }
    for (size_t i = 0; i < server->n_servings; i++)
        mst_thread_join(server->servings[i].thread);
    if (atomic_load(&server->is_drain_late)) {
        mst_log(MST_LOG_WARNING, MST_EV_STOP, "requests still busy after drain_timeout were cut");
        _exit(MST_EXIT_OK);
    }
    close_server(server);
    mst_log(MST_LOG_INFO, MST_EV_STOP, "all requests were finished and the store is closed");
}
