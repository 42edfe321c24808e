/*
 * Window time. Two clocks and one remembered mark:
 *
 *   since the mark   the boot-time clock has moved by what really passed, if it is still
 *                    the same boot; after a reboot at least the new boot's uptime passed
 *   wall clock       right most of the time, but somebody may set it
 *
 * Window time is the later of the wall clock and mark + passed. So a wall clock
 * set back does not stop it, and one that was once in 2099 leaves it far ahead but
 * running: windows opened then still close in time.
 */
#include <stdio.h>
#include <string.h>

#include "store/window.h"

#include "base/limits.h"

/* Seconds beyond any calendar; sums of two stay far from overflow. */
#define SECONDS_MAX (INT64_C(1) << 52)

void mst_window_read(struct mst_window_reading *ret_reading)
{
    ret_reading->wall_ms = mst_clock_wall_ms();
    ret_reading->wall_s = ret_reading->wall_ms / 1000;
    ret_reading->boot_s = mst_clock_boot_s();
    mst_clock_boot_id(ret_reading->boot_id);
}

static int64_t at_least(int64_t value, int64_t min)
{
    return value < min ? min : value;
}

/* What the mark alone says: it plus the time known to have passed since. */
static int64_t by_mark(const struct mst_window_mark *mark, const struct mst_window_reading *now)
{
    bool is_same_boot = strcmp(mark->boot_id, now->boot_id) == 0;

    return mark->window_s + at_least(is_same_boot ? now->boot_s - mark->boot_s : now->boot_s, 0);
}

int64_t mst_window_now(const struct mst_window_mark *mark, const struct mst_window_reading *now)
{
    if (mark->boot_id[0] == '\0')
        return now->wall_s;
    return at_least(now->wall_s, by_mark(mark, now));
}

int64_t mst_window_jump(const struct mst_window_mark *mark, const struct mst_window_reading *now)
{
    if (mark->boot_id[0] == '\0')
        return 0;
    return mst_window_now(mark, now) - by_mark(mark, now);
}

struct mst_window_mark mst_window_set(int64_t window_s, const struct mst_window_reading *now)
{
    struct mst_window_mark mark = {.window_s = window_s, .boot_s = now->boot_s};

    memcpy(mark.boot_id, now->boot_id, sizeof mark.boot_id);
    return mark;
}

struct mst_span mst_window_print(const struct mst_window_mark *mark, char buf[MST_WINDOW_TEXT_MAX])
{
    int n = snprintf(buf, MST_WINDOW_TEXT_MAX, "%lld %lld %s", (long long)mark->window_s,
                     (long long)mark->boot_s, mark->boot_id);

    return mst_span_of(buf, (size_t)n);
}

static enum mst_err take_seconds(struct mst_cur *cur, int64_t *ret_s)
{
    struct mst_span word;
    int64_t value;

    if (!mst_cur_until(cur, ' ', &word) || mst_span_i64(word, &value) != MST_OK)
        return MST_ESYNTAX;
    if (value > SECONDS_MAX || value < -SECONDS_MAX)
        return MST_ESYNTAX;
    *ret_s = value;
    return MST_OK;
}

enum mst_err mst_window_parse(struct mst_span text, struct mst_window_mark *ret_mark)
{
    struct mst_cur cur = mst_cur_of(text);
    struct mst_window_mark mark = {0};
    struct mst_span id;

    if (take_seconds(&cur, &mark.window_s) != MST_OK || take_seconds(&cur, &mark.boot_s) != MST_OK)
        return MST_ESYNTAX;
    id = mst_cur_rest(&cur);
    if (id.len == 0 || id.len > MST_BOOT_ID_CHARS || mst_span_find(id, '\0', 0) != id.len)
        return MST_ESYNTAX;
    memcpy(mark.boot_id, id.ptr, id.len);
    *ret_mark = mark;
    return MST_OK;
}

bool mst_window_is_reset(enum mst_table table, const void *row)
{
    const struct mst_row_meta *meta = row;

    return table == MST_TABLE_META && meta->value.len == 0 &&
           mst_span_eq(meta->name, MST_META_CLOCK_MARK);
}
