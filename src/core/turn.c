#include "core/turn.h"
#include "base/limits.h"

struct watch {
    const struct mst_arena *arena;
    size_t bytes_before;
    struct mst_turn *turn;
    enum mst_err (*each)(void *arg, const void *row);
    void *arg;
    bool is_stopped;
};

bool mst_turn_is_over(const struct mst_turn *turn)
{
    return turn->n_left == 0;
}

static enum mst_err see(void *arg, const void *row)
{
    struct watch *watch = arg;
    enum mst_err err;

    watch->turn->n_left--;
    err = watch->each(watch->arg, row);
    if (watch->arena->used_bytes > watch->bytes_before + MST_TURN_BYTES)
        watch->turn->n_left = 0;
    watch->is_stopped = err == MST_EREFUSED || mst_turn_is_over(watch->turn);
    return err == MST_OK && watch->is_stopped ? MST_EREFUSED : err;
}

enum mst_err mst_turn_scan(struct mst_tx *tx, struct mst_turn *turn, const struct mst_scan *scan,
                           enum mst_err (*each)(void *arg, const void *row), void *arg,
                           bool *ret_is_whole)
{
    struct mst_arena *arena = mst_tx_arena(tx);
    const struct mst_arena_mark mark = mst_arena_mark(arena);
    struct watch watch = {arena, arena->used_bytes, turn, each, arg, true};
    struct mst_scan page = *scan;
    enum mst_err err = MST_OK;

    if (turn->n_left > 0)
        turn->n_left--; /* the look-up */
    page.limit = turn->n_left;
    if (!mst_turn_is_over(turn)) {
        watch.is_stopped = false;
        err = mst_tx_scan(tx, &page, see, &watch);
    }
    mst_arena_rewind(arena, mark);
    if (err == MST_OK)
        *ret_is_whole = !watch.is_stopped;
    return err;
}
