#include <stdlib.h>

#include "base/limits.h"
#include "front/http/front.h"
#include "server/admin.h"
#include "sys/queue.h"

enum { ADMIN_BACKLOG = 16, ADMIN_REQUESTS = 1000 };

struct mst_admin {
    struct mst_http_admin answers;
    struct mst_http_opts opts;
    struct mst_loop *loop;
    struct mst_http_worker *worker;
    struct mst_addr bound[MST_LISTENS_MAX];
    size_t n_bound;
    struct mst_thread *thread;
};

enum mst_err mst_cannot_listen(const struct mst_addr *addr, enum mst_err err, struct mst_buf *why)
{
    const char *cause = mst_err_text(err);
    char text[MST_ADDR_CHARS];

    if (err == MST_EBUSY)
        cause = "another program uses it";
    else if (err == MST_ESYS)
        cause = "it must be an address of this machine, and a port that this user may take: below "
                "1024 that is root's or needs CAP_NET_BIND_SERVICE";
    mst_addr_print(addr, text);
    (void)mst_buf_addf(why, "cannot listen on %s: %s\n", text, cause);
    return err;
}

static bool is_ready(void *arg)
{
    return mst_health_is_ready(arg);
}

static const char *problem(void *arg)
{
    return mst_health_problem(arg);
}

static void set_opts(struct mst_admin *admin, const struct mst_settings *settings,
                     struct mst_health *health)
{
    admin->answers = (struct mst_http_admin){is_ready, problem, health};
    admin->opts = (struct mst_http_opts){
        .admin = &admin->answers,
        .head_ms = (uint64_t)settings->head_timeout_ms,
        .body_ms = (uint64_t)settings->body_timeout_ms,
        .idle_ms = (uint64_t)settings->idle_timeout_ms,
        .send_ms = (uint64_t)settings->send_timeout_ms,
        .requests_per_connection = ADMIN_REQUESTS,
        .retry_after_s = (unsigned)settings->retry_after_s,
    };
}

static enum mst_err open_listener(struct mst_admin *admin, const struct mst_addr *addr,
                                  struct mst_buf *why)
{
    struct mst_listener_opts opts = {
        .addr = *addr,
        .backlog = ADMIN_BACKLOG,
        .max_unsent_bytes = MST_UNSENT_MAX,
        .max_streams = MST_ADMIN_CONNECTIONS_MAX,
        .label = MST_LISTENER_ADMIN,
    };
    struct mst_listener *listener;
    enum mst_err err =
        mst_listener_open(admin->loop, &opts, mst_http_accept, admin->worker, &listener);

    if (err)
        return mst_cannot_listen(addr, err, why);
    admin->bound[admin->n_bound++] = *mst_listener_addr(listener);
    return MST_OK;
}

static void run(void *arg)
{
    struct mst_admin *admin = arg;

    mst_loop_run(admin->loop);
}

enum mst_err mst_admin_start(const struct mst_settings *settings, struct mst_health *health,
                             struct mst_admin **ret_admin, struct mst_buf *why)
{
    struct mst_admin *admin;
    enum mst_err err = MST_ENOMEM;

    if (settings->admin.n_items == 0)
        return MST_OK;
    admin = calloc(1, sizeof *admin);
    if (!admin)
        goto out;
    set_opts(admin, settings, health);
    err = mst_loop_new(&admin->loop);
    if (!err)
        err = mst_http_worker_new(admin->loop, &admin->opts, &admin->worker);
    for (size_t i = 0; i < settings->admin.n_items && !err; i++) {
        err = open_listener(admin, &settings->admin.items[i].addr, why);
        if (err)
            goto quiet;
    }
    if (!err)
        err = mst_thread_start("admin", run, admin, &admin->thread);
out:
    if (!err) {
        *ret_admin = admin;
        return MST_OK;
    }
    (void)mst_buf_addf(why, "the admin listener cannot be made: %s\n", mst_err_text(err));
quiet:
    mst_admin_stop(admin);
    return err;
}

void mst_admin_print_ready(const struct mst_admin *admin, struct mst_buf *out)
{
    char text[MST_ADDR_CHARS];

    for (size_t i = 0; admin && i < admin->n_bound; i++) {
        mst_addr_print(&admin->bound[i], text);
        (void)mst_buf_addf(out, " admin=%s", text);
    }
}

void mst_admin_stop(struct mst_admin *admin)
{
    if (!admin)
        return;
    if (admin->thread) {
        mst_loop_stop(admin->loop);
        mst_thread_join(admin->thread);
    }
    mst_http_worker_free(admin->worker);
    mst_loop_free(admin->loop);
    free(admin);
}
