#include <assert.h>

#include "server/command.h"
#include "sys/queue.h"

enum { TRIES_MAX = 8 };

struct waiting {
    struct mst_cmd cmd; /* first: the store hands it back */
    struct mst_queue_item item;
    struct mst_queue *finished;
    enum mst_err (*run)(void *arg, struct mst_tx *tx);
    void *arg;
    enum mst_err outcome;
};

static enum mst_err run_waiting(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct waiting *waiting = (struct waiting *)cmd;

    return waiting->run(waiting->arg, tx);
}

static void finish_waiting(struct mst_cmd *cmd, enum mst_err outcome)
{
    struct waiting *waiting = (struct waiting *)cmd;
    enum mst_err err;

    waiting->outcome = outcome;
    err = mst_queue_push(waiting->finished, &waiting->item);
    assert(err == MST_OK);
}

enum mst_err mst_command_wait(struct mst_store *store, enum mst_file file,
                              enum mst_err (*run)(void *arg, struct mst_tx *tx), void *arg)
{
    struct waiting waiting = {.run = run, .arg = arg};
    enum mst_err err = mst_queue_new(1, &waiting.finished);

    if (err)
        return err;
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        waiting.cmd = (struct mst_cmd){.run = run_waiting, .done = finish_waiting, .file = file};
        err = mst_store_submit(store, &waiting.cmd);
        if (err)
            break;
        (void)mst_queue_take(waiting.finished, 1);
        err = waiting.outcome;
        if (err != MST_EUNKNOWN)
            break;
    }
    mst_queue_free(waiting.finished);
    return err;
}
