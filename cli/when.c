#include "cli/when.h"

#include <time.h>

enum { DATE_CHARS = 10, TIME_CHARS = 19, UNIX_DIGITS = 10 };

/* A number and its unit. */
static bool read_duration(struct mst_span text, uint64_t *ret_seconds)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {
        {'s', 1               },
        {'m', 60              },
        {'h', 60 * 60         },
        {'d', 24 * 60 * 60    },
        {'w', 7 * 24 * 60 * 60}
    };
    uint64_t n;

    for (size_t i = 0; i < sizeof units / sizeof units[0] && text.len > 1; i++) {
        if (text.ptr[text.len - 1] != units[i].unit)
            continue;
        if (mst_span_u64(mst_span_cut(text, 0, text.len - 1), UINT32_MAX, &n) != MST_OK)
            return false;
        *ret_seconds = n * units[i].seconds;
        return true;
    }
    return false;
}

/* The digits of text from at on, n of them, no more than max. */
static bool digits(struct mst_span text, size_t at, size_t n, uint64_t max, int *ret_value)
{
    uint64_t value;

    if (text.len < at + n || mst_span_u64(mst_span_cut(text, at, at + n), max, &value) != MST_OK)
        return false;
    *ret_value = (int)value;
    return true;
}

/* Does a calendar have it? timegm takes the 30th of February for a day in March. */
static bool is_day(const struct tm *tm)
{
    struct tm day = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};
    time_t at = timegm(&day);

    return at > 0 && day.tm_mday == tm->tm_mday;
}

static bool read_date(struct mst_span text, int64_t *ret_at)
{
    struct tm tm = {0};

    if (text.len > 0 && text.ptr[text.len - 1] == 'Z')
        text = mst_span_cut(text, 0, text.len - 1);
    if ((text.len != DATE_CHARS && text.len != TIME_CHARS) || text.ptr[4] != '-' ||
        text.ptr[7] != '-' || !digits(text, 0, 4, 9999, &tm.tm_year) ||
        !digits(text, 5, 2, 12, &tm.tm_mon) || !digits(text, 8, 2, 31, &tm.tm_mday))
        return false;
    if (text.len == TIME_CHARS &&
        ((text.ptr[10] != 'T' && text.ptr[10] != ' ') || text.ptr[13] != ':' ||
         text.ptr[16] != ':' || !digits(text, 11, 2, 23, &tm.tm_hour) ||
         !digits(text, 14, 2, 59, &tm.tm_min) || !digits(text, 17, 2, 59, &tm.tm_sec)))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (tm.tm_mon < 0 || !is_day(&tm))
        return false;
    *ret_at = (int64_t)timegm(&tm);
    return true;
}

enum mst_err cli_when_read(struct mst_span text, int64_t now, int64_t *ret_at)
{
    uint64_t value;

    if (text.len == 0 || mst_span_eq(text, MST_LIT("0")) || mst_span_eq(text, MST_LIT("never"))) {
        *ret_at = 0;
        return MST_OK;
    }
    if (read_duration(text, &value)) {
        *ret_at = now + (int64_t)value;
        return MST_OK;
    }
    if (read_date(text, ret_at))
        return MST_OK;
    if (text.len < UNIX_DIGITS || mst_span_u64(text, INT64_MAX, &value) != MST_OK)
        return MST_EINVAL;
    *ret_at = (int64_t)value;
    return MST_OK;
}

enum mst_err cli_when_past(struct mst_span text, int64_t now, int64_t *ret_at)
{
    uint64_t value;

    if (read_duration(text, &value)) {
        *ret_at = now - (int64_t)value;
        return MST_OK;
    }
    if (mst_span_u64(text, INT64_MAX, &value) == MST_OK) {
        *ret_at = (int64_t)value;
        return MST_OK;
    }
    return read_date(text, ret_at) ? MST_OK : MST_EINVAL;
}
