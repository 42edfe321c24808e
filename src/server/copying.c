#include "core/copying.h"
#include "core/data.h"
#include "server/command.h"
#include "server/copying.h"

struct resume {
    struct mst_row_point_copy copy; /* the one at hand */
    bool is_found;
    int64_t before;
    bool is_more;
    int64_t gone[2]; /* ports that were dropped meanwhile */
    size_t n_gone;
};

static enum mst_err find_copy(void *arg, struct mst_tx *tx)
{
    struct resume *resume = arg;
    enum mst_err err = mst_copying_first(tx, &resume->copy);

    resume->is_found = err == MST_OK;
    return err == MST_ENOENT ? MST_OK : err;
}

static enum mst_err copy_piece(void *arg, struct mst_tx *tx)
{
    struct mst_copying_budget budget = MST_COPYING_BUDGET;
    struct resume *resume = arg;

    return mst_copying_piece(tx, &resume->copy, resume->before, &budget, &resume->is_more,
                             &resume->before);
}

static enum mst_err note_gone(void *arg, int64_t port_id)
{
    struct resume *resume = arg;

    resume->gone[resume->n_gone++] = port_id;
    return MST_OK;
}

static enum mst_err end_copy(void *arg, struct mst_tx *tx)
{
    struct resume *resume = arg;

    resume->n_gone = 0;
    return mst_copying_end(tx, &resume->copy, note_gone, resume);
}

static enum mst_err flush_gone(void *arg, struct mst_tx *tx)
{
    struct resume *resume = arg;

    return mst_data_flush(tx, resume->gone[resume->n_gone - 1], &resume->is_more);
}

static enum mst_err resume_copy(struct mst_store *store, struct resume *resume)
{
    enum mst_err err;

    resume->before = MST_COPYING_ALL;
    do
        err = mst_command_wait(store, MST_FILE_POINTS, copy_piece, resume);
    while (!err && resume->is_more);
    if (!err)
        err = mst_command_wait(store, MST_FILE_STATE, end_copy, resume);
    while (!err && resume->n_gone > 0) {
        err = mst_command_wait(store, MST_FILE_POINTS, flush_gone, resume);
        if (!err && !resume->is_more)
            resume->n_gone--;
    }
    return err;
}

enum mst_err mst_copying_resume(struct mst_store *store, uint64_t *ret_n)
{
    struct resume resume = {0};
    uint64_t n = 0;
    enum mst_err err = mst_command_wait(store, MST_FILE_STATE, find_copy, &resume);

    while (!err && resume.is_found) {
        err = resume_copy(store, &resume);
        n++;
        if (!err)
            err = mst_command_wait(store, MST_FILE_STATE, find_copy, &resume);
    }
    if (!err)
        *ret_n = n;
    return err;
}
