/* GET /timestamp (protocol.md 2.14): the wall clock, for devices that have none. */
#include "front/http/handlers.h"
#include "sys/clock.h"

enum mst_err mst_timestamp_get(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    (void)mst_buf_add_i64(&x->reply, mst_clock_wall_s());
    return mst_exchange_answer(x, 200, MST_TYPE_TEXT);
}
