/*
 * POST /muster/v1/clock/reset, an addition of ours for the operator (design.md I9):
 * after the clock was far in the future, window time cannot go back by itself. The
 * reset closes every pending window and lets window time begin anew at the wall
 * clock. Reply: 200, {"closed":<number of windows>}.
 */
#include "core/enable.h"
#include "front/http/handlers.h"

enum mst_err mst_clock_reset(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_row_meta mark = {.name = MST_META_CLOCK_MARK};
    uint64_t closed = 0;
    enum mst_err err = mst_close_windows(tx, &closed);

    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_META, &mark, MST_BIT(meta, value));
    if (err == MST_ENOENT)
        err = mst_tx_insert(tx, MST_TABLE_META, &mark);
    if (err != MST_OK)
        return err;
    (void)mst_buf_addf(&x->reply, "{\"closed\":%llu}", (unsigned long long)closed);
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}
