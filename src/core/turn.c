#include "core/turn.h"
#include "base/limits.h"

struct watch {
    const struct mst_arena *arena;
    struct mst_arena_mark seen; /* what was read before was counted */
    struct mst_turn *turn;
    enum mst_err (*each)(void *arg, const void *row);
    void *arg;
    bool is_stopped;
};

bool mst_turn_is_over(const struct mst_turn *turn)
{
    return turn->n_left == 0;
}

void mst_turn_take(struct mst_turn *turn, size_t n_rows, size_t n_bytes)
{
    turn->n_bytes += n_bytes;
    turn->n_left -= n_rows < turn->n_left ? n_rows : turn->n_left;
    if (turn->n_bytes > MST_TURN_BYTES)
        turn->n_left = 0;
}

/* Scans inside count what they read themselves, and give it back before they return. */
static enum mst_err see(void *arg, const void *row)
{
    struct watch *watch = arg;
    enum mst_err err;

    watch->turn->n_left--;
    err = watch->each(watch->arg, row);
    mst_turn_take(watch->turn, 0, mst_arena_since(watch->arena, watch->seen));
    watch->seen = mst_arena_mark(watch->arena);
    watch->is_stopped = err == MST_EREFUSED || mst_turn_is_over(watch->turn);
    return err == MST_OK && watch->is_stopped ? MST_EREFUSED : err;
}

enum mst_err mst_turn_scan(struct mst_tx *tx, struct mst_turn *turn, const struct mst_scan *scan,
                           enum mst_err (*each)(void *arg, const void *row), void *arg,
                           bool *ret_is_whole)
{
    struct mst_arena *arena = mst_tx_arena(tx);
    const struct mst_arena_mark mark = mst_arena_mark(arena);
    struct watch watch = {arena, mark, turn, each, arg, true};
    struct mst_scan page = *scan;
    enum mst_err err = MST_OK;

    mst_turn_take(turn, 1, 0); /* the look-up */
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
