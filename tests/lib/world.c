#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/access.h"
#include "core/foreign.h"
#include "core/import.h"
#include "core/lending.h"
#include "core/model.h"
#include "core/owned.h"
#include "core/share.h"
#include "store/memory/memory.h"
#include "tests/lib/world.h"

/* ---- running ---- */

struct command {
    struct mst_cmd cmd;
    struct mst_world *world;
    mst_world_verb *verb;
    struct mst_world_call *call;
    pthread_mutex_t lock;
    pthread_cond_t is_done_changed;
    bool is_done;
};

/* ---- operations that fail ---- */

static struct {
    const struct mst_tx_ops *ops; /* the engine's */
    struct mst_world *world;
} failing;

static bool fails_now(void)
{
    return failing.world->fail_at > 0 && --failing.world->fail_at == 0;
}

static enum mst_err failing_get(struct mst_tx *tx, enum mst_index index, void *row)
{
    return fails_now() ? MST_EIO : failing.ops->get(tx, index, row);
}

static enum mst_err failing_insert(struct mst_tx *tx, enum mst_table table, void *row)
{
    return fails_now() ? MST_EIO : failing.ops->insert(tx, table, row);
}

static enum mst_err failing_update(struct mst_tx *tx, enum mst_table table, const void *row,
                                   uint64_t mask)
{
    return fails_now() ? MST_EIO : failing.ops->update(tx, table, row, mask);
}

static enum mst_err failing_erase(struct mst_tx *tx, enum mst_table table, const void *row)
{
    return fails_now() ? MST_EIO : failing.ops->erase(tx, table, row);
}

static enum mst_err failing_scan(struct mst_tx *tx, const struct mst_scan *scan,
                                 enum mst_err (*each)(void *, const void *), void *arg)
{
    return fails_now() ? MST_EIO : failing.ops->scan(tx, scan, each, arg);
}

static enum mst_err failing_last(struct mst_tx *tx, enum mst_index index, unsigned n_fixed,
                                 void *row)
{
    return fails_now() ? MST_EIO : failing.ops->last(tx, index, n_fixed, row);
}

static uint64_t failing_random(struct mst_tx *tx)
{
    return failing.ops->random(tx);
}

static const struct mst_tx_ops failing_ops = {failing_get,   failing_insert, failing_update,
                                              failing_erase, failing_scan,   failing_last,
                                              failing_random};

static enum mst_err run_failing(struct mst_world *world, struct mst_tx *tx, mst_world_verb *verb,
                                struct mst_world_call *call)
{
    enum mst_err err;

    failing.ops = tx->ops;
    failing.world = world;
    tx->ops = &failing_ops;
    err = verb(world, tx, call);
    tx->ops = failing.ops;
    return err;
}

static enum mst_err run_verb(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct command *command = (struct command *)cmd;
    enum mst_err err;

    /* Engines with clocks of their own are moved from outside. */
    tx->window_now = command->world->window_now;
    tx->wall_now = command->world->wall_now;
    tx->wall_now_ms = tx->wall_now * 1000;
    command->call->n_runs++;
    err = command->world->fail_at > 0
              ? run_failing(command->world, tx, command->verb, command->call)
              : command->verb(command->world, tx, command->call);
    return err == MST_OK && command->call->verdict != MST_DONE ? MST_EREFUSED : err;
}

static void note_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct command *command = (struct command *)cmd;

    (void)pthread_mutex_lock(&command->lock);
    command->call->err = err;
    command->is_done = true;
    (void)pthread_cond_signal(&command->is_done_changed);
    (void)pthread_mutex_unlock(&command->lock);
}

enum mst_verdict mst_world_run(struct mst_world *world, mst_world_verb *verb,
                               struct mst_world_call *call)
{
    struct command command = {
        .cmd = {.run = run_verb, .done = note_done, .file = call->file},
        .world = world,
        .verb = verb,
        .call = call,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .is_done_changed = PTHREAD_COND_INITIALIZER
    };

    const bool may_fail = world->fail_at > 0;

    call->n_runs = 0;
    do {
        command.is_done = false;
        if (mst_store_submit(world->store, &command.cmd) != MST_OK)
            abort();
        (void)pthread_mutex_lock(&command.lock);
        while (!command.is_done)
            (void)pthread_cond_wait(&command.is_done_changed, &command.lock);
        (void)pthread_mutex_unlock(&command.lock);
    } while (call->err == MST_EUNKNOWN);
    if (call->err != MST_OK && !may_fail) {
        (void)fprintf(stderr, "a use case failed: %s\n", mst_err_text(call->err));
        abort();
    }
    return call->verdict;
}

int64_t mst_world_attempt(void)
{
    static int64_t last;

    return ++last;
}

static void keep(char to[MST_TEXT_CHARS], const struct mst_handle *handle)
{
    memcpy(to, handle->text, MST_HANDLE_CHARS);
    to[MST_HANDLE_CHARS] = '\0';
}

static void keep_text(char *to, size_t size, struct mst_span text)
{
    (void)snprintf(to, size, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
}

static struct mst_span text(const char *str)
{
    return mst_span_str(str);
}

/* ---- vendors and models ---- */

static enum mst_err find_model(struct mst_tx *tx, struct mst_world_call *call,
                               struct mst_row_vendor *vendor, struct mst_row_model *model)
{
    enum mst_err err =
        mst_vendor_get(tx, text(call->vendor ? call->vendor : "acme"), &call->verdict, vendor);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_model_get(tx, vendor->id, text(call->model ? call->model : "m1"), &call->verdict,
                         model);
}

/* A model and by whose hand it is used. */
struct use {
    struct mst_row_vendor vendor, other;
    struct mst_row_model model;
    const struct mst_row_vendor *borrower;
};

static enum mst_err find_use(struct mst_world *world, struct mst_tx *tx,
                             struct mst_world_call *call, struct use *use)
{
    enum mst_err err;

    use->borrower = NULL;
    if (!call->borrower)
        return find_model(tx, call, &use->vendor, &use->model);
    use->borrower = &use->other;
    err = mst_vendor_get(tx, text(call->borrower), &call->verdict, &use->other);
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_lending_find(
        &world->domain, tx, use->other.id, text(call->vendor ? call->vendor : "acme"),
        text(call->model ? call->model : "m1"), &call->verdict, &use->vendor, &use->model);
}

static enum mst_err manager_of(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call, struct mst_manager *ret_manager)
{
    return mst_access_manager(&world->domain, tx, text(call->key ? call->key : world->domain_cik),
                              text(NULL), &call->verdict, ret_manager);
}

enum mst_err mst_do_register(struct mst_world *world, struct mst_tx *tx,
                             struct mst_world_call *call)
{
    struct mst_manager manager;
    enum mst_err err = manager_of(world, tx, call, &manager);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_vendor_register(tx, &manager, text(call->vendor), &call->verdict);
}

enum mst_err mst_do_unregister(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call)
{
    struct mst_manager manager;
    enum mst_err err = manager_of(world, tx, call, &manager);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_vendor_unregister(&world->domain, tx, &manager, text(call->vendor), &call->verdict);
}

static struct mst_template template_of(const struct mst_world *world,
                                       const struct mst_world_call *call)
{
    struct mst_span rid = text(call->rid ? call->rid : world->template_rid);

    return (struct mst_template){.rid = call->code ? text(NULL) : rid, .code = text(call->code)};
}

enum mst_err mst_do_add_model(struct mst_world *world, struct mst_tx *tx,
                              struct mst_world_call *call)
{
    struct mst_template template;
    struct mst_manager manager;
    enum mst_err err = manager_of(world, tx, call, &manager);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    template = template_of(world, call);
    return mst_model_create(&world->domain, tx, &manager, text(call->model ? call->model : "m1"),
                            &template, call->options, &call->verdict);
}

enum mst_err mst_do_update_model(struct mst_world *world, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    struct mst_template template;
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    struct mst_manager manager;
    enum mst_err err = manager_of(world, tx, call, &manager);

    if (err == MST_OK && call->verdict == MST_DONE)
        err = find_model(tx, call, &vendor, &model);
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    template = template_of(world, call);
    return mst_model_update(&world->domain, tx, &model, &template, call->options, call->window_s,
                            &call->verdict);
}

enum mst_err mst_do_delete_model(struct mst_world *world, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_model_delete(&world->domain, tx, &model);
}

enum mst_err mst_do_lend(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    (void)world;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_lending_add(tx, &model, text(call->name), &call->verdict);
}

enum mst_err mst_do_take_back(struct mst_world *world, struct mst_tx *tx,
                              struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    (void)world;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_lending_remove(tx, &model, text(call->name), &call->verdict);
}

/* ---- groups ---- */

static enum mst_err find_group(struct mst_tx *tx, struct mst_world_call *call,
                               struct mst_row_model_group *group)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_group_get(tx, model.id, text(call->group), &call->verdict, group);
}

enum mst_err mst_do_add_group(struct mst_world *world, struct mst_tx *tx,
                              struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    (void)world;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_group_create(tx, model.id, text(call->group), text(call->meta), &call->verdict);
}

enum mst_err mst_do_delete_group(struct mst_world *world, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    struct mst_row_model_group group;
    enum mst_err err = find_group(tx, call, &group);

    (void)world;
    return err == MST_OK && call->verdict == MST_DONE ? mst_group_delete(tx, &group) : err;
}

static enum mst_err count_member(void *arg, const struct mst_row_group_member *member)
{
    int64_t *n_members = arg;

    (void)member;
    ++*n_members;
    return MST_OK;
}

/* How many members it has, counted; MST_ECORRUPT if its row says another number. */
enum mst_err mst_do_view_group(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call)
{
    struct mst_row_model_group group;
    enum mst_err err = find_group(tx, call, &group);

    (void)world;
    call->n_members = 0;
    if (err == MST_OK && call->verdict == MST_DONE)
        err = mst_group_members(tx, &group, text(call->type), text(call->member), 0, 0,
                                count_member, &call->n_members);
    if (err == MST_OK && call->verdict == MST_DONE && !call->type && !call->member &&
        call->n_members != group.n_members)
        err = MST_ECORRUPT;
    return err;
}

enum mst_err mst_do_put_member(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call)
{
    const struct mst_group_item item = {.type = text(call->type),
                                        .member = text(call->member),
                                        .expire = call->expire,
                                        .meta = text(call->meta)};
    struct mst_row_model_group group;
    enum mst_err err = find_group(tx, call, &group);

    (void)world;
    return err == MST_OK && call->verdict == MST_DONE
               ? mst_group_put(tx, &group, &item, 1, &call->verdict)
               : err;
}

enum mst_err mst_do_remove_member(struct mst_world *world, struct mst_tx *tx,
                                  struct mst_world_call *call)
{
    struct mst_row_model_group group;
    enum mst_err err = find_group(tx, call, &group);

    (void)world;
    return err == MST_OK && call->verdict == MST_DONE
               ? mst_group_remove(tx, &group, text(call->type), text(call->member), &call->verdict)
               : err;
}

/* Are serial number and content in one group? */
enum mst_err mst_do_admit(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    struct mst_group_reach reach;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    (void)world;
    if (err == MST_OK && call->verdict == MST_DONE)
        err = mst_group_reach(tx, model.id, text(call->sn), &reach);
    if (err == MST_OK && call->verdict == MST_DONE)
        err = mst_group_admits(tx, &reach, text(call->content), &call->is_admitted);
    return err;
}

/* ---- serial numbers ---- */

enum mst_err mst_do_add(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_serial_item item = {text(call->sn), text(call->extra)};
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    size_t bad;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_serial_add(&world->domain, tx, &model, &item, 1, &call->verdict, &bad);
}

static enum mst_err pass_told(void *arg, size_t index, enum mst_listed what, struct mst_span model)
{
    (void)arg;
    (void)index;
    (void)what;
    (void)model;
    return MST_OK;
}

enum mst_err mst_do_add_each(struct mst_world *world, struct mst_tx *tx,
                             struct mst_world_call *call)
{
    const struct mst_serial_item items[] = {
        {text(call->sn),       text(call->extra)},
        {text(call->other_sn), text(call->extra)}
    };
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_serial_add_each(&world->domain, tx, &model, items, 2, false, pass_told, NULL);
}

enum mst_err mst_do_remove(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_serial_remove(&world->domain, tx, &model, text(call->sn), &call->verdict);
}

enum mst_err mst_do_add_ranges(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    (void)world;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_range_add(tx, &model, call->ranges, call->n_ranges, &call->verdict);
}

enum mst_err mst_do_remove_ranges(struct mst_world *world, struct mst_tx *tx,
                                  struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    (void)world;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_range_remove(tx, &model, call->ranges, call->n_ranges);
}

enum mst_err mst_do_find_range(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    (void)world;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_range_find(tx, model.id, text(call->sn), &call->is_in_range, &call->range);
}

/* Asked by "acme"; name_text is the word of the answer. */
enum mst_err mst_do_why(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_activation activation = {.vendor = text(call->vendor ? call->vendor : "acme"),
                                              .model = text(call->model ? call->model : "m1"),
                                              .sn = text(call->sn)};
    struct mst_manager manager;
    struct mst_why why;
    enum mst_err err = manager_of(world, tx, call, &manager);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    err = mst_why(&world->domain, tx, &manager.vendor, &activation, &call->verdict, &why);
    if (err == MST_OK && call->verdict == MST_DONE)
        keep_text(call->name_text, sizeof call->name_text, text(why.word));
    return err;
}

enum mst_err mst_do_view(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct use use;
    enum mst_err err = find_use(world, tx, call, &use);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    call->view_rid[0] = call->status[0] = '\0';
    err = mst_serial_get(&world->domain, tx, &use.model, use.borrower, text(call->sn),
                         &call->verdict, &call->view);
    if (err == MST_OK && call->verdict == MST_DONE) {
        keep_text(call->status, sizeof call->status, text(call->view.status));
        if (call->view.has_rid)
            keep(call->view_rid, &call->view.rid);
    }
    return err;
}

static enum mst_err note_log(void *arg, int64_t at, struct mst_span peer)
{
    struct mst_world_call *call = arg;

    assert(call->n_log < MST_WORLD_LOG_MAX);
    call->log_at[call->n_log] = at;
    keep_text(call->log_peer[call->n_log], sizeof call->log_peer[0], peer);
    call->n_log++;
    return MST_OK;
}

enum mst_err mst_do_log(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct use use;
    enum mst_err err = find_use(world, tx, call, &use);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    call->n_log = 0;
    return mst_serial_log(&world->domain, tx, &use.model, use.borrower, text(call->sn),
                          &call->verdict, note_log, call);
}

enum mst_err mst_do_enable_owner(struct mst_world *world, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    struct use use;
    struct mst_handle rid;
    enum mst_err err = find_use(world, tx, call, &use);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    err = mst_enable_owner(&world->domain, tx, &use.vendor, &use.model, use.borrower,
                           text(call->sn), text(call->rid ? call->rid : world->portal_rid),
                           call->attempt, &call->verdict, &rid);
    if (err == MST_OK && call->verdict == MST_DONE)
        keep(call->handle, &rid);
    return err;
}

enum mst_err mst_do_enable(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct use use;
    enum mst_err err = find_use(world, tx, call, &use);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_enable_again(&world->domain, tx, &use.model, use.borrower, text(call->sn),
                            call->attempt, &call->verdict);
}

enum mst_err mst_do_disable(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct use use;
    enum mst_err err = find_use(world, tx, call, &use);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_disable(&world->domain, tx, &use.model, use.borrower, text(call->sn),
                       &call->verdict);
}

enum mst_err mst_do_remap(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct use use;
    enum mst_err err = find_use(world, tx, call, &use);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_remap(&world->domain, tx, &use.model, use.borrower, text(call->sn),
                     text(call->other_sn), call->attempt, &call->verdict);
}

enum mst_err mst_do_activate(struct mst_world *world, struct mst_tx *tx,
                             struct mst_world_call *call)
{
    const struct mst_activation activation = {.vendor = text(call->vendor ? call->vendor : "acme"),
                                              .model = text(call->model ? call->model : "m1"),
                                              .sn = text(call->sn),
                                              .plus_vendor = text(call->plus_vendor),
                                              .plus_model = text(call->plus_model),
                                              .plus_sn = text(call->plus_sn),
                                              .peer = text(call->peer ? call->peer : "127.0.0.1"),
                                              .attempt = call->attempt};
    struct mst_handle cik;
    enum mst_err err = mst_activate(&world->domain, tx, &activation, &call->verdict, &cik);

    if (err == MST_OK && call->verdict == MST_DONE)
        keep(call->handle, &cik);
    return err;
}

enum mst_err mst_do_close_windows(struct mst_world *world, struct mst_tx *tx,
                                  struct mst_world_call *call)
{
    uint64_t n_closed = 0;
    enum mst_err err = mst_close_windows(tx, &n_closed);

    (void)world;
    call->verdict = MST_DONE;
    call->id = (int64_t)n_closed;
    return err;
}

/* ---- resources ---- */

enum mst_err mst_do_authenticate(struct mst_world *world, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    struct mst_row_client client;
    enum mst_err err = mst_access_cik(&world->domain, tx, text(call->key), &call->verdict, &client);

    if (err == MST_OK && call->verdict == MST_DONE)
        call->id = client.id;
    return err;
}

static enum mst_err find(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call,
                         struct mst_row_resource *ret_resource)
{
    const struct mst_ref ref = {.text = text(call->rid)};

    return mst_resource_find(&world->domain, tx, call->caller_id, &ref, &call->verdict,
                             ret_resource);
}

static void set_limits(const struct mst_world_call *call, struct mst_description *description)
{
    for (int i = 0; i < MST_LIMIT_COUNT && call->has_limits; i++) {
        description->has_limit[i] = true;
        description->limit[i] = i < 2 ? call->limit : MST_LIMIT_INHERIT;
    }
}

/* Id and RID of what was made, if it was. */
static enum mst_err answer_made(const struct mst_world *world, struct mst_world_call *call,
                                const struct mst_row_resource *made)
{
    struct mst_handle rid;
    enum mst_err err;

    if (call->verdict != MST_DONE)
        return MST_OK;
    call->id = made->id;
    err = mst_domain_rid(&world->domain, made, &rid);
    if (err == MST_OK)
        keep(call->handle, &rid);
    return err;
}

enum mst_err mst_do_create(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_description description = {.has_name = call->name != NULL,
                                          .name = text(call->name),
                                          .has_meta = call->meta != NULL,
                                          .meta = text(call->meta),
                                          .has_format = call->kind == MST_KIND_DATAPORT,
                                          .format = call->format};
    struct mst_row_resource parent, made;
    enum mst_err err = find(world, tx, call, &parent);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    set_limits(call, &description);
    err = mst_resource_create(&world->domain, tx, &parent, call->kind, &description, call->attempt,
                              &call->verdict, &made);
    return err == MST_OK ? answer_made(world, call, &made) : err;
}

enum mst_err mst_do_describe(struct mst_world *world, struct mst_tx *tx,
                             struct mst_world_call *call)
{
    const struct mst_description description = {
        .has_format = true, .format = call->format, .has_detail = true, .detail = text(call->meta)};
    struct mst_row_resource owner = {.id = call->caller_id}, made;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);

    if (err == MST_OK)
        err = mst_resource_create(&world->domain, tx, &owner, call->kind, &description, 1,
                                  &call->verdict, &made);
    return err == MST_OK ? answer_made(world, call, &made) : err;
}

static enum mst_err update(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call,
                           const struct mst_description *description)
{
    struct mst_row_resource resource;
    enum mst_err err = find(world, tx, call, &resource);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_resource_update(&world->domain, tx, call->caller_id, &resource, description,
                               &call->verdict);
}

enum mst_err mst_do_lock(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_description description = {.has_locked = true, .is_locked = call->is_locked};

    return update(world, tx, call, &description);
}

enum mst_err mst_do_limit(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_description description = {0};

    set_limits(call, &description);
    return update(world, tx, call, &description);
}

static enum mst_err note_port(void *arg, int64_t dataport_id)
{
    struct mst_world_call *call = arg;

    (void)dataport_id;
    call->n_ports++;
    return MST_OK;
}

enum mst_err mst_do_drop(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource;
    enum mst_err err = find(world, tx, call, &resource);

    call->n_ports = 0;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_resource_drop(tx, call->caller_id, &resource, note_port, call, &call->verdict);
}

enum mst_err mst_do_key_event(struct mst_world *world, struct mst_tx *tx,
                              struct mst_world_call *call)
{
    return mst_client_key_event(&world->domain, tx, call->caller_id, call->event, text(call->key),
                                call->attempt, text(call->peer ? call->peer : "127.0.0.1"),
                                &call->verdict);
}

static enum mst_err count_alias(void *arg, const void *row)
{
    struct mst_world_call *call = arg;

    (void)row;
    call->n_aliases++;
    return MST_OK;
}

/* The children and the aliases of a client; of few rows in each turn, so that it takes many. */
static enum mst_err count_owned(struct mst_tx *tx, int64_t client_id, struct mst_world_call *call)
{
    const struct mst_row_alias key = {.client_id = client_id};
    const struct mst_scan scan = {.index = MST_IX_ALIAS, .key = &key, .n_fixed = 1};
    struct mst_owned owned;
    enum mst_err err = MST_OK;

    mst_owned_begin(client_id, true, &owned);
    while (err == MST_OK && !owned.is_whole) {
        struct mst_turn turn = {.n_left = 3};

        err = mst_owned_count(tx, &turn, &owned);
    }
    memcpy(call->direct, owned.n, sizeof call->direct);
    return err == MST_OK ? mst_tx_scan(tx, &scan, count_alias, call) : err;
}

enum mst_err mst_do_info(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource;
    struct mst_info info;
    enum mst_err err = find(world, tx, call, &resource);

    call->n_aliases = 0;
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    err = mst_resource_info(&world->domain, tx, call->caller_id, &resource, &info);
    if (err != MST_OK)
        return err;
    call->id = resource.id;
    call->key_text[0] = '\0';
    if (info.may_see_key)
        keep(call->key_text, &info.key);
    keep_text(call->status, sizeof call->status, text(info.status));
    keep_text(call->meta_text, sizeof call->meta_text, info.resource.meta);
    keep_text(call->name_text, sizeof call->name_text, info.resource.name);
    call->use[MST_KIND_CLIENT] = info.quota.use_client;
    call->use[MST_KIND_DATAPORT] = info.quota.use_dataport;
    call->use[MST_KIND_DATARULE] = info.quota.use_datarule;
    call->use[MST_KIND_DISPATCH] = info.quota.use_dispatch;
    return count_owned(tx, resource.id, call);
}

enum mst_err mst_do_map(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource;
    enum mst_err err = find(world, tx, call, &resource);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_alias_map(tx, call->caller_id, &resource, text(call->name), &call->verdict);
}

enum mst_err mst_do_lookup(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_ref ref = {.is_alias = true, .text = text(call->name)};
    struct mst_row_resource resource;
    struct mst_handle rid;
    enum mst_err err =
        mst_resource_find(&world->domain, tx, call->caller_id, &ref, &call->verdict, &resource);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    call->id = resource.id;
    err = mst_domain_rid(&world->domain, &resource, &rid);
    if (err == MST_OK)
        keep(call->handle, &rid);
    return err;
}

/* ---- from elsewhere ---- */

static struct mst_brought_key brought_by(const struct mst_world_call *call)
{
    return (struct mst_brought_key){.cik = text(call->key),
                                    .owner = text(call->owner),
                                    .is_replacing = call->is_replacing,
                                    .attempt = call->attempt};
}

enum mst_err mst_do_import_key(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call)
{
    const struct mst_brought_key key = brought_by(call);
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = find_model(tx, call, &vendor, &model);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_import_serial_key(&world->domain, tx, &vendor, &model, text(call->sn), &key,
                                 &call->verdict, &call->id);
}

enum mst_err mst_do_import_client_key(struct mst_world *world, struct mst_tx *tx,
                                      struct mst_world_call *call)
{
    const struct mst_brought_key key = brought_by(call);
    struct mst_row_resource resource;
    enum mst_err err = find(world, tx, call, &resource);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_import_client_key(&world->domain, tx, &resource, &key, &call->verdict);
}

enum mst_err mst_do_set_rid(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource;
    enum mst_err err = find(world, tx, call, &resource);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_foreign_set_rid(&world->domain, tx, &resource, text(call->name), &call->verdict);
}

/* ---- share codes ---- */

enum mst_err mst_do_share(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource;
    struct mst_handle code;
    enum mst_err err = find(world, tx, call, &resource);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    err = mst_share_create(&world->domain, tx, call->caller_id, &resource, text(call->meta),
                           &call->verdict, &code);
    if (err == MST_OK && call->verdict == MST_DONE)
        keep(call->handle, &code);
    return err;
}

enum mst_err mst_do_describe_share(struct mst_world *world, struct mst_tx *tx,
                                   struct mst_world_call *call)
{
    struct mst_row_resource resource;
    enum mst_err err = find(world, tx, call, &resource);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_share_describe(&world->domain, tx, call->caller_id, &resource, text(call->code),
                              text(call->meta), &call->verdict);
}

enum mst_err mst_do_revoke_share(struct mst_world *world, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    return mst_share_revoke(&world->domain, tx, call->caller_id, text(call->code), &call->verdict);
}

enum mst_err mst_do_activate_share(struct mst_world *world, struct mst_tx *tx,
                                   struct mst_world_call *call)
{
    struct mst_row_share share;

    return mst_share_activate(&world->domain, tx, call->caller_id, text(call->code), &call->verdict,
                              &share);
}

enum mst_err mst_do_deactivate_share(struct mst_world *world, struct mst_tx *tx,
                                     struct mst_world_call *call)
{
    return mst_share_deactivate(&world->domain, tx, call->caller_id, text(call->code),
                                &call->verdict);
}

/* ---- the world ---- */

static enum mst_err make_root(struct mst_world *world, struct mst_tx *tx,
                              struct mst_world_call *call)
{
    struct mst_handle cik;
    bool is_new;
    enum mst_err err = mst_domain_ensure_root(&world->domain, tx, &is_new, &cik);

    call->verdict = MST_DONE;
    return err != MST_OK ? err : mst_domain_root(tx, &world->root_id);
}

static enum mst_err own_rid(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_ref self = {.is_alias = true};
    struct mst_row_resource resource;
    struct mst_handle rid;
    enum mst_err err =
        mst_resource_find(&world->domain, tx, call->caller_id, &self, &call->verdict, &resource);

    if (err == MST_OK)
        err = mst_domain_rid(&world->domain, &resource, &rid);
    if (err == MST_OK)
        keep(call->handle, &rid);
    return err;
}

static int64_t make_client(struct mst_world *world, int64_t owner_id, const char *name,
                           char rid[MST_TEXT_CHARS], char *cik)
{
    struct mst_world_call call = {.caller_id = owner_id,
                                  .kind = MST_KIND_CLIENT,
                                  .name = name,
                                  .has_limits = true,
                                  .limit = MST_LIMIT_INHERIT};
    char owner_rid[MST_TEXT_CHARS];

    (void)mst_world_run(world, own_rid, &call);
    memcpy(owner_rid, call.handle, sizeof owner_rid);
    call.rid = owner_rid;
    if (mst_world_run(world, mst_do_create, &call) != MST_DONE)
        abort();
    memcpy(rid, call.handle, MST_TEXT_CHARS);
    if (cik) {
        call.rid = rid;
        (void)mst_world_run(world, mst_do_info, &call);
        memcpy(cik, call.key_text, MST_TEXT_CHARS);
    }
    return call.id;
}

static void make_port(struct mst_world *world, const char *alias, enum mst_format format)
{
    struct mst_world_call call = {.caller_id = world->template_id,
                                  .rid = world->template_rid,
                                  .kind = MST_KIND_DATAPORT,
                                  .name = alias,
                                  .format = format};
    char rid[MST_TEXT_CHARS];

    if (mst_world_run(world, mst_do_create, &call) != MST_DONE)
        abort();
    memcpy(rid, call.handle, sizeof rid);
    call.rid = rid;
    if (mst_world_run(world, mst_do_map, &call) != MST_DONE)
        abort();
}

static void tell_time(void *arg, int64_t *ret_window_now, int64_t *ret_wall_now)
{
    const struct mst_world *world = arg;

    *ret_window_now = world->window_now;
    *ret_wall_now = world->wall_now;
}

static bool fail_commit(void *arg, bool *ret_is_applied)
{
    struct mst_world *world = arg;
    enum mst_world_fault fault = world->next_fault;

    world->next_fault = MST_WORLD_SOUND;
    *ret_is_applied = fault == MST_WORLD_KEPT;
    return fault != MST_WORLD_SOUND;
}

void mst_world_open(struct mst_world *world, uint64_t seed, struct mst_store *store)
{
    struct mst_memory_opts opts = {.queue_max = 64,
                                   .batch_max = 16,
                                   .is_inline = true,
                                   .random_seed = seed ? seed : 1,
                                   .now = tell_time,
                                   .inject_unknown = fail_commit,
                                   .arg = world};
    struct mst_world_call call = {.vendor = "acme"};

    *world = (struct mst_world){.store = store,
                                .window_now = 1700000000,
                                .wall_now = 1700000000,
                                .domain = {.window_s = MST_WINDOW_S_DEFAULT}};
    if (!store && mst_memory_open(&opts, &world->store) != MST_OK)
        abort();
    world->port = mst_test_keys_port(&world->keys);
    world->domain.keys = &world->port;
    (void)mst_world_run(world, make_root, &call);
    world->domain_id =
        make_client(world, world->root_id, "domain", world->domain_rid, world->domain_cik);
    if (mst_world_run(world, mst_do_register, &call) != MST_DONE)
        abort();
    world->portal_id =
        make_client(world, world->domain_id, "portal", world->portal_rid, world->portal_cik);
    world->portal2_id = make_client(world, world->domain_id, "portal 2", world->portal2_rid, NULL);
    world->template_id =
        make_client(world, world->domain_id, "template", world->template_rid, NULL);
    make_port(world, "temp", MST_FORMAT_FLOAT);
    make_port(world, "count", MST_FORMAT_INTEGER);
    make_port(world, "note", MST_FORMAT_STRING);
}

void mst_world_add_vendor(struct mst_world *world, const char *name,
                          struct mst_world_vendor *ret_vendor)
{
    struct mst_world_call call = {.vendor = name, .key = ret_vendor->domain_cik};

    ret_vendor->domain_id = make_client(world, world->root_id, "domain", ret_vendor->domain_rid,
                                        ret_vendor->domain_cik);
    if (mst_world_run(world, mst_do_register, &call) != MST_DONE)
        abort();
    ret_vendor->portal_id =
        make_client(world, ret_vendor->domain_id, "portal", ret_vendor->portal_rid, NULL);
}

void mst_world_close(struct mst_world *world)
{
    mst_store_close(world->store);
    world->store = NULL;
}

struct mst_world_made mst_world_make(struct mst_world *world, const char *owner, enum mst_kind kind)
{
    struct mst_world_call call = {.caller_id = world->root_id,
                                  .rid = owner,
                                  .kind = kind,
                                  .format = kind == MST_KIND_DATAPORT ? MST_FORMAT_STRING
                                                                      : MST_FORMAT_NONE,
                                  .has_limits = true,
                                  .limit = MST_LIMIT_INHERIT};
    struct mst_world_made made;

    if (mst_world_run(world, mst_do_create, &call) != MST_DONE)
        abort();
    made.id = call.id;
    memcpy(made.rid, call.handle, sizeof made.rid);
    return made;
}
