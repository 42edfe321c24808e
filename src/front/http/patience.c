#include "front/http/patience.h"
#include "net/loop.h"
#include "sys/clock.h"

enum { LOOKS_PER_PATIENCE = 8 }; /* at what a peer has taken */

static uint64_t now_ms(void)
{
    return mst_clock_mono_ns() / 1000000;
}

enum mst_err mst_patience_init(struct mst_patience *patience, struct mst_loop *loop,
                               void (*fired)(void *arg), void *arg)
{
    *patience = (struct mst_patience){.timer = NULL};
    return mst_timer_new(loop, fired, arg, &patience->timer);
}

void mst_patience_fini(struct mst_patience *patience)
{
    mst_timer_free(patience->timer);
}

void mst_patience_set_deadline(struct mst_patience *patience, uint64_t after_ms)
{
    patience->is_paced = false;
    mst_timer_set(patience->timer, after_ms);
}

void mst_patience_clear(struct mst_patience *patience)
{
    mst_timer_clear(patience->timer);
}

void mst_patience_begin_pace(struct mst_patience *patience, uint64_t patience_ms,
                             const struct mst_stream *taker)
{
    patience->is_paced = false;
    patience->n_taken = taker ? mst_stream_taken(taker) : 0;
    mst_pace_start(&patience->pace, now_ms(), patience_ms);
}

void mst_patience_end_pace(struct mst_patience *patience)
{
    patience->is_paced = false;
}

void mst_patience_await_sending(struct mst_patience *patience)
{
    patience->is_paced = true;
    mst_pace_skip(&patience->pace, now_ms());
    mst_timer_set(patience->timer, mst_pace_left(&patience->pace));
}

void mst_patience_came(struct mst_patience *patience, uint64_t n)
{
    if (!patience->is_paced)
        return;
    mst_pace_look(&patience->pace, now_ms(), n);
    mst_timer_set(patience->timer, mst_pace_left(&patience->pace));
}

void mst_patience_await_taking(struct mst_patience *patience)
{
    uint64_t look_ms = patience->pace.patience_ms / LOOKS_PER_PATIENCE + 1;
    uint64_t left_ms = mst_pace_left(&patience->pace);

    patience->is_paced = true;
    mst_timer_set(patience->timer, look_ms < left_ms ? look_ms : left_ms);
}

/* How many bytes the peer took since the last look. */
static uint64_t look_at(struct mst_patience *patience, const struct mst_stream *taker)
{
    uint64_t before = patience->n_taken;

    patience->n_taken = mst_stream_taken(taker);
    return patience->n_taken - before;
}

bool mst_patience_is_over(struct mst_patience *patience, const struct mst_stream *taker)
{
    if (!patience->is_paced)
        return true;
    mst_pace_look(&patience->pace, now_ms(), taker ? look_at(patience, taker) : 0);
    if (mst_pace_left(&patience->pace) == 0)
        return true;
    if (taker)
        mst_patience_await_taking(patience);
    else
        mst_timer_set(patience->timer, mst_pace_left(&patience->pace));
    return false;
}
