/*
 * Dates are computed with the proleptic Gregorian calendar, in whole days since
 * 1970-01-01; no library function is used, because those ask for the locale or
 * the time zone. A year is counted from March, so that the leap day is its last.
 */
#include <assert.h>
#include <string.h>

#include "wire/httpdate.h"

enum {
    DAY_S = 86400,
    ERA_DAYS = 146097,    /* 400 years */
    EPOCH_SHIFT = 719468, /* days from 0000-03-01 to 1970-01-01 */
    YEAR_MAX = 9999,
    NAME_CHARS = 3
};

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char day_names[] = "SunMonTueWedThuFriSat";

struct date {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second;
};

static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400; /* y >= 0: years before 1 are never asked for */
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

static struct date date_of(int64_t at)
{
    int64_t days = at / DAY_S + EPOCH_SHIFT;
    int64_t second = at % DAY_S;
    int64_t era = days / ERA_DAYS;
    int64_t doe = days % ERA_DAYS;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t from_march = (5 * doy + 2) / 153;
    int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;

    return (struct date){.year = (int)(yoe + era * 400 + (month <= 2 ? 1 : 0)),
                         .month = (int)month,
                         .day = (int)(doy - (153 * from_march + 2) / 5 + 1),
                         .hour = (int)(second / 3600),
                         .minute = (int)(second / 60 % 60),
                         .second = (int)(second % 60)};
}

static void put(char *text, size_t at, int width, int value)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        text[at + (size_t)i] = (char)('0' + value % 10);
}

void mst_httpdate_print(int64_t at, char ret_text[MST_HTTPDATE_CHARS])
{
    struct date date;
    size_t weekday;

    assert(at >= 0);
    date = date_of(at);
    assert(date.year <= YEAR_MAX);
    weekday = (size_t)((at / DAY_S + 4) % 7); /* 1970-01-01 was a Thursday */
    memcpy(ret_text, "Www, dd Mmm yyyy hh:mm:ss GMT", MST_HTTPDATE_CHARS);
    memcpy(ret_text, &day_names[weekday * NAME_CHARS], NAME_CHARS);
    put(ret_text, 5, 2, date.day);
    memcpy(&ret_text[8], &month_names[(size_t)(date.month - 1) * NAME_CHARS], NAME_CHARS);
    put(ret_text, 12, 4, date.year);
    put(ret_text, 17, 2, date.hour);
    put(ret_text, 20, 2, date.minute);
    put(ret_text, 23, 2, date.second);
}

/* ---- reading ---- */

static bool take_text(struct mst_cur *cur, struct mst_span text)
{
    struct mst_span got;
    size_t pos = cur->pos;

    if (mst_cur_take(cur, text.len, &got) && mst_span_eq(got, text))
        return true;
    cur->pos = pos;
    return false;
}

static bool take_number(struct mst_cur *cur, size_t digits, int *ret_value)
{
    struct mst_span got;
    uint64_t value;

    if (!mst_cur_take(cur, digits, &got) || mst_span_u64(got, YEAR_MAX, &value) != MST_OK)
        return false;
    *ret_value = (int)value;
    return true;
}

static bool take_month(struct mst_cur *cur, int *ret_month)
{
    struct mst_span got;

    if (!mst_cur_take(cur, NAME_CHARS, &got))
        return false;
    for (int i = 0; i < 12; i++)
        if (mst_span_eq(got, mst_span_of(&month_names[i * NAME_CHARS], NAME_CHARS))) {
            *ret_month = i + 1;
            return true;
        }
    return false;
}

static bool take_time(struct mst_cur *cur, struct date *date)
{
    return take_number(cur, 2, &date->hour) && take_text(cur, MST_LIT(":")) &&
           take_number(cur, 2, &date->minute) && take_text(cur, MST_LIT(":")) &&
           take_number(cur, 2, &date->second);
}

/* ", 06 Nov 1994 08:49:37 GMT" */
static bool read_fixdate(struct mst_cur cur, struct date *date)
{
    return take_text(&cur, MST_LIT(", ")) && take_number(&cur, 2, &date->day) &&
           take_text(&cur, MST_LIT(" ")) && take_month(&cur, &date->month) &&
           take_text(&cur, MST_LIT(" ")) && take_number(&cur, 4, &date->year) &&
           take_text(&cur, MST_LIT(" ")) && take_time(&cur, date) &&
           take_text(&cur, MST_LIT(" GMT")) && mst_cur_at_end(&cur);
}

/* ", 06-Nov-94 08:49:37 GMT" */
static bool read_rfc850(struct mst_cur cur, int now_year, struct date *date)
{
    bool is_read = take_text(&cur, MST_LIT(", ")) && take_number(&cur, 2, &date->day) &&
                   take_text(&cur, MST_LIT("-")) && take_month(&cur, &date->month) &&
                   take_text(&cur, MST_LIT("-")) && take_number(&cur, 2, &date->year) &&
                   take_text(&cur, MST_LIT(" ")) && take_time(&cur, date) &&
                   take_text(&cur, MST_LIT(" GMT")) && mst_cur_at_end(&cur);

    if (!is_read)
        return false;
    date->year += now_year - now_year % 100;
    if (date->year > now_year + 50)
        date->year -= 100;
    else if (date->year <= now_year - 50)
        date->year += 100;
    return true;
}

/* " Nov  6 08:49:37 1994" */
static bool read_asctime(struct mst_cur cur, struct date *date)
{
    return take_text(&cur, MST_LIT(" ")) && take_month(&cur, &date->month) &&
           take_text(&cur, MST_LIT(" ")) &&
           (take_text(&cur, MST_LIT(" ")) ? take_number(&cur, 1, &date->day)
                                          : take_number(&cur, 2, &date->day)) &&
           take_text(&cur, MST_LIT(" ")) && take_time(&cur, date) &&
           take_text(&cur, MST_LIT(" ")) && take_number(&cur, 4, &date->year) &&
           mst_cur_at_end(&cur);
}

/* The name of the day is a letter sequence and is not compared with the date. */
static bool skip_day_name(struct mst_cur *cur)
{
    char c;
    size_t n = 0;

    for (; mst_cur_peek(cur, &c) && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')); n++)
        (void)mst_cur_skip(cur, 1);
    return n >= NAME_CHARS && n <= sizeof("Wednesday") - 1;
}

static bool is_date(const struct date *date)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (date->year % 4 == 0 && date->year % 100 != 0) || date->year % 400 == 0;
    int days = month_days[date->month - 1] + (date->month == 2 && is_leap ? 1 : 0);

    return date->year >= 1 && date->day >= 1 && date->day <= days && date->hour <= 23 &&
           date->minute <= 59 && date->second <= 60;
}

enum mst_err mst_httpdate_parse(struct mst_span text, int now_year, int64_t *ret_at)
{
    struct mst_cur cur = mst_cur_of(text);
    struct date date = {0};

    if (!skip_day_name(&cur) || !(read_fixdate(cur, &date) || read_rfc850(cur, now_year, &date) ||
                                  read_asctime(cur, &date)))
        return MST_ESYNTAX;
    if (!is_date(&date))
        return MST_ESYNTAX;
    *ret_at = days_of(date.year, date.month, date.day) * DAY_S + date.hour * 3600 +
              date.minute * 60 + date.second;
    return MST_OK;
}
