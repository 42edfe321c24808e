/*
 * Values are stored as text, in the one form in which they are shown again.
 *
 * Integers are cut out of the decimal text itself, never by way of a double, so that all 64
 * bits survive. A double is printed with the fewest digits that read back to it: 15 always do for
 * what was written with 15 or fewer, unless it is subnormal.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/data.h"
#include "core/due.h"
#include "core/sweep.h"

/* ---- numbers ---- */

/* A number taken apart: [sign] whole [. fraction] [e exponent]. */
struct decimal {
    bool is_negative;
    struct mst_span whole, fraction;
    int64_t exponent; /* cut to +-EXPONENT_MAX */
};

enum { EXPONENT_MAX = 100000, NUMBER_MAX = 400 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct mst_span take_digits(struct mst_cur *cur)
{
    size_t from = cur->pos;
    char c;

    while (mst_cur_peek(cur, &c) && is_digit(c))
        (void)mst_cur_skip(cur, 1);
    return mst_span_cut(cur->src, from, cur->pos);
}

static bool take_sign(struct mst_cur *cur)
{
    char c;

    if (!mst_cur_peek(cur, &c) || (c != '-' && c != '+'))
        return false;
    (void)mst_cur_skip(cur, 1);
    return c == '-';
}

static bool take_exponent(struct mst_cur *cur, int64_t *ret_exponent)
{
    bool is_negative = take_sign(cur);
    struct mst_span digits = take_digits(cur);
    int64_t exponent = 0;

    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len && exponent < EXPONENT_MAX; i++)
        exponent = exponent * 10 + (digits.ptr[i] - '0');
    if (exponent > EXPONENT_MAX)
        exponent = EXPONENT_MAX;
    *ret_exponent = is_negative ? -exponent : exponent;
    return true;
}

static bool parse_decimal(struct mst_span text, struct decimal *ret_decimal)
{
    struct mst_cur cur = mst_cur_of(text);
    struct decimal decimal = {0};
    char c;

    decimal.is_negative = take_sign(&cur);
    decimal.whole = take_digits(&cur);
    if (mst_cur_peek(&cur, &c) && c == '.') {
        (void)mst_cur_skip(&cur, 1);
        decimal.fraction = take_digits(&cur);
    }
    if (decimal.whole.len + decimal.fraction.len == 0)
        return false;
    if (mst_cur_peek(&cur, &c) && (c == 'e' || c == 'E')) {
        (void)mst_cur_skip(&cur, 1);
        if (!take_exponent(&cur, &decimal.exponent))
            return false;
    }
    *ret_decimal = decimal;
    return mst_cur_at_end(&cur);
}

/* The digit at a place of whole and fraction read as one; zeros follow. */
static int digit_at(const struct decimal *decimal, size_t place)
{
    if (place < decimal->whole.len)
        return decimal->whole.ptr[place] - '0';
    place -= decimal->whole.len;
    return place < decimal->fraction.len ? decimal->fraction.ptr[place] - '0' : 0;
}

static bool is_zero(const struct decimal *decimal)
{
    for (size_t i = 0; i < decimal->whole.len + decimal->fraction.len; i++) {
        if (digit_at(decimal, i) != 0)
            return false;
    }
    return true;
}

/* Truncated toward zero; false if it does not fit. */
static bool decimal_to_int(const struct decimal *decimal, int64_t *ret_value)
{
    int64_t n_places = (int64_t)decimal->whole.len + decimal->exponent;
    int64_t value = 0;

    if (is_zero(decimal))
        n_places = 0;
    for (int64_t place = 0; place < n_places; place++) {
        int digit = digit_at(decimal, (size_t)place);
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    /* Built up below zero, where there is room for one more value. */
    if (!decimal->is_negative && __builtin_sub_overflow(0, value, &value))
        return false;
    *ret_value = value;
    return true;
}

/* Takes out of an exponent its plus sign, which a form would show as "%2B" to devices that decode
   nothing, and zeros in front. */
static void shorten_exponent(char *text)
{
    size_t to = strcspn(text, "e"), from;

    if (text[to] == '\0')
        return;
    from = ++to;
    if (text[from] == '-')
        from = ++to;
    while (text[from] == '+' || text[from] == '0')
        from++;
    while ((text[to] = text[from]) != '\0') {
        to++;
        from++;
    }
}

/* Fewer digits may mean a longer text, as an exponent may come in with them. */
void mst_data_print(double number, char ret_text[MST_DATA_NUMBER_CHARS])
{
    char text[MST_DATA_NUMBER_CHARS];

    ret_text[0] = '\0';
    for (int digits = fpclassify(number) == FP_SUBNORMAL ? 1 : 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, number);
        shorten_exponent(text);
        if (strtod(text, NULL) == number && (!ret_text[0] || strlen(text) < strlen(ret_text)))
            memcpy(ret_text, text, sizeof text);
    }
}

static enum mst_err convert_integer(struct mst_arena *arena, struct mst_span text,
                                    enum mst_verdict *ret_verdict, struct mst_span *ret_value)
{
    struct decimal decimal;
    int64_t value;

    text = mst_span_trim(text);
    if (text.len > NUMBER_MAX || !parse_decimal(text, &decimal) ||
        !decimal_to_int(&decimal, &value)) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    *ret_verdict = MST_DONE;
    return mst_arena_printf(arena, ret_value, "%lld", (long long)value);
}

bool mst_data_number(struct mst_span text, double *ret_number)
{
    struct decimal decimal;
    char copy[NUMBER_MAX + 1] = ""; /* strtod needs a NUL */
    double number;

    text = mst_span_trim(text);
    if (text.len > NUMBER_MAX || !parse_decimal(text, &decimal))
        return false;
    memcpy(copy, text.ptr, text.len);
    number = strtod(copy, NULL);
    if (!isfinite(number))
        return false;
    *ret_number = number;
    return true;
}

static enum mst_err convert_float(struct mst_arena *arena, struct mst_span text,
                                  enum mst_verdict *ret_verdict, struct mst_span *ret_value)
{
    char shown[MST_DATA_NUMBER_CHARS];
    double value;

    *ret_verdict = mst_data_number(text, &value) ? MST_DONE : MST_BAD_VALUE;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    mst_data_print(value, shown);
    return mst_arena_dup(arena, mst_span_str(shown), ret_value);
}

static enum mst_err convert_string(struct mst_arena *arena, struct mst_span text,
                                   enum mst_verdict *ret_verdict, struct mst_span *ret_value)
{
    if (text.len > MST_VALUE_MAX || !mst_name_is_utf8(text)) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    *ret_verdict = MST_DONE;
    return mst_arena_dup(arena, text, ret_value);
}

enum mst_err mst_data_convert(struct mst_arena *arena, enum mst_format format, struct mst_span text,
                              enum mst_verdict *ret_verdict, struct mst_span *ret_value)
{
    switch (format) {
    case MST_FORMAT_INTEGER:
        return convert_integer(arena, text, ret_verdict, ret_value);
    case MST_FORMAT_FLOAT:
        return convert_float(arena, text, ret_verdict, ret_value);
    case MST_FORMAT_STRING:
        return convert_string(arena, text, ret_verdict, ret_value);
    case MST_FORMAT_NONE:
        break;
    }
    *ret_verdict = MST_BAD_VALUE;
    return MST_OK;
}

/* ---- points ---- */

static enum mst_err find_port(struct mst_tx *tx, int64_t client_id, struct mst_span alias,
                              enum mst_verdict *ret_verdict, struct mst_row_resource *ret_port)
{
    struct mst_row_alias row = {.client_id = client_id, .name = alias};
    struct mst_row_resource port;
    enum mst_err err = mst_tx_get(tx, MST_IX_ALIAS, &row);

    if (err == MST_OK) {
        port.id = row.resource_id;
        err = mst_tx_get(tx, MST_IX_RESOURCE, &port);
    }
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK && mst_kind_has_points(port.kind) ? MST_DONE : MST_NOT_FOUND;
    if (*ret_verdict == MST_DONE)
        *ret_port = port;
    return MST_OK;
}

enum mst_err mst_data_port(struct mst_tx *tx, int64_t client_id, struct mst_data_alias *alias,
                           enum mst_verdict *ret_verdict, struct mst_row_resource *ret_port)
{
    enum mst_err err = find_port(tx, client_id, alias->text, ret_verdict, ret_port);

    if (err != MST_OK || *ret_verdict != MST_NOT_FOUND || alias->plus.len == 0)
        return err;
    err = find_port(tx, client_id, alias->plus, ret_verdict, ret_port);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        alias->text = alias->plus;
    return err;
}

enum mst_err mst_data_latest(struct mst_tx *tx, int64_t dataport_id, enum mst_verdict *ret_verdict,
                             struct mst_row_point *ret_point)
{
    struct mst_row_point point = {.dataport_id = dataport_id};
    enum mst_err err = mst_tx_last(tx, MST_IX_POINT, 1, &point);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    if (err == MST_OK)
        *ret_point = point;
    return MST_OK;
}

struct window_scan {
    const struct mst_data_window *window;
    enum mst_err (*each)(void *arg, const void *point);
    void *arg;
};

static enum mst_err pass_within(void *arg, const void *row)
{
    const struct window_scan *scan = arg;
    const int64_t at = ((const struct mst_row_point *)row)->at;
    const bool is_within = at >= scan->window->from && at <= scan->window->to;

    return is_within ? scan->each(scan->arg, row) : MST_EREFUSED;
}

enum mst_err mst_data_scan(struct mst_tx *tx, int64_t dataport_id,
                           const struct mst_data_window *window, uint64_t limit,
                           enum mst_err (*each)(void *arg, const void *point), void *arg)
{
    const bool is_open =
        window->is_descending ? window->to == INT64_MAX : window->from == INT64_MIN;
    struct mst_row_point key = {.dataport_id = dataport_id};
    const struct mst_scan scan = {.index = MST_IX_POINT,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .has_after = !is_open,
                                  .is_descending = window->is_descending,
                                  .limit = limit};
    struct window_scan pass = {window, each, arg};

    if (window->from > window->to)
        return MST_OK;
    if (!is_open)
        key.at = window->is_descending ? window->to + 1 : window->from - 1;
    return mst_tx_scan(tx, &scan, pass_within, &pass);
}

enum { COUNT_PAGE = 256 };

struct count {
    int64_t n;
    int64_t last_at;
};

static enum mst_err count_point(void *arg, const void *row)
{
    struct count *count = arg;

    count->n++;
    count->last_at = ((const struct mst_row_point *)row)->at;
    return MST_OK;
}

enum mst_err mst_data_count(struct mst_tx *tx, int64_t dataport_id, int64_t max, int64_t *n)
{
    struct mst_row_point key = {.dataport_id = dataport_id};
    struct mst_scan scan = {.index = MST_IX_POINT, .key = &key, .n_fixed = 1};
    struct count count = {.n = *n};
    int64_t n_before;
    enum mst_err err;

    do {
        struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        n_before = count.n;
        scan.limit = max - count.n < COUNT_PAGE ? (uint64_t)(max - count.n) : COUNT_PAGE;
        err = scan.limit > 0 ? mst_tx_scan(tx, &scan, count_point, &count) : MST_OK;
        key.at = count.last_at;
        scan.has_after = true;
        mst_arena_rewind(mst_tx_arena(tx), mark);
    } while (err == MST_OK && count.n == n_before + COUNT_PAGE);
    if (err == MST_OK)
        *n = count.n;
    return err;
}

enum mst_err mst_data_put(struct mst_tx *tx, const struct mst_row_point *point)
{
    struct mst_row_point row = *point;
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_POINT, &row);

    return err == MST_EEXIST ? mst_tx_update(tx, MST_TABLE_POINT, point, MST_BIT(point, value))
                             : err;
}

enum { REMOVE_PAGE = 64 };

struct removal {
    struct mst_row_point points[REMOVE_PAGE];
    size_t n;
    int64_t until;
    int64_t left_at; /* the first that stays */
};

static enum mst_err keep_point(void *arg, const void *row)
{
    const struct mst_row_point *point = row;
    struct removal *removal = arg;

    if (point->at > removal->until) {
        removal->left_at = point->at;
        return MST_EREFUSED;
    }
    removal->points[removal->n++] = *point;
    return MST_OK;
}

enum mst_err mst_data_remove(struct mst_tx *tx, int64_t dataport_id,
                             const struct mst_data_window *window, size_t *room, bool *ret_is_more,
                             int64_t *ret_left_at)
{
    const struct mst_data_window onwards = {.from = window->from, .to = INT64_MAX};
    struct removal removal = {.until = window->to};
    bool is_more = true;

    while (is_more && *room > 0) {
        const size_t n_max = *room < REMOVE_PAGE ? *room : REMOVE_PAGE;
        struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        removal.n = 0;
        removal.left_at = INT64_MAX;
        enum mst_err err = mst_data_scan(tx, dataport_id, &onwards, n_max, keep_point, &removal);
        for (size_t i = 0; i < removal.n && err == MST_OK; i++)
            err = mst_tx_delete(tx, MST_TABLE_POINT, &removal.points[i]);
        mst_arena_rewind(mst_tx_arena(tx), mark);
        if (err != MST_OK)
            return err;
        *room -= removal.n;
        is_more = removal.n == n_max;
    }
    *ret_is_more = is_more;
    *ret_left_at = removal.left_at;
    return MST_OK;
}

/* A flow may have been planned before the drop and run after this: what it leaves is looked for once
   more when no request can be under way any more. */
static enum mst_err flush_beside(struct mst_tx *tx, int64_t resource_id)
{
    const struct mst_row_rule_state state = {.rule_id = resource_id};
    const struct mst_row_outgoing messages = {.dispatch_id = resource_id};
    enum mst_err err = mst_tx_delete(tx, MST_TABLE_RULE_STATE, &state);

    if (err == MST_OK || err == MST_ENOENT)
        err = mst_sweep_delete(tx, MST_IX_OUTGOING_OF, &messages, 1, MST_TABLE_OUTGOING,
                               sizeof messages);
    if (err == MST_OK)
        err = mst_due_set(tx, resource_id, MST_DUE_RULE, 0);
    return err == MST_OK ? mst_due_set(tx, resource_id, MST_DUE_TRIM,
                                       mst_tx_wall_now_ms(tx) + MST_DROPPED_AGAIN_MS)
                         : err;
}

enum mst_err mst_data_flush(struct mst_tx *tx, int64_t resource_id, bool *ret_is_more)
{
    static const struct mst_data_window all = {.from = INT64_MIN, .to = INT64_MAX};
    size_t room = MST_FLUSH_MAX;
    int64_t left_at;
    enum mst_err err = mst_data_remove(tx, resource_id, &all, &room, ret_is_more, &left_at);

    return err == MST_OK && !*ret_is_more ? flush_beside(tx, resource_id) : err;
}
