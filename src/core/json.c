#include "core/json.h"

static void skip_space(struct mst_cur *cur)
{
    char c;

    while (mst_cur_peek(cur, &c) && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
        (void)mst_cur_skip(cur, 1);
}

bool mst_json_expect(struct mst_cur *cur, char wanted)
{
    char c;

    skip_space(cur);
    return mst_cur_peek(cur, &c) && c == wanted && mst_cur_skip(cur, 1);
}

bool mst_json_string(struct mst_cur *cur, struct mst_span *ret_raw)
{
    size_t from;
    char c;

    if (!mst_json_expect(cur, '"'))
        return false;
    from = cur->pos;
    while (mst_cur_byte(cur, &c)) {
        if (c == '"') {
            *ret_raw = mst_span_cut(cur->src, from, cur->pos - 1);
            return true;
        }
        if (c == '\\' && !mst_cur_skip(cur, 1))
            return false;
    }
    return false;
}

static bool is_end_of_word(char c)
{
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool skip_word(struct mst_cur *cur)
{
    size_t from = cur->pos;
    char c;

    while (mst_cur_peek(cur, &c) && !is_end_of_word(c))
        (void)mst_cur_skip(cur, 1);
    return cur->pos > from;
}

bool mst_json_skip(struct mst_cur *cur)
{
    struct mst_span ignored;
    size_t depth = 0;
    char c;

    do {
        skip_space(cur);
        if (!mst_cur_peek(cur, &c))
            return false;
        if (c == '"') {
            if (!mst_json_string(cur, &ignored))
                return false;
        } else if (c == '{' || c == '[') {
            depth++;
            (void)mst_cur_skip(cur, 1);
        } else if (depth > 0 && (c == '}' || c == ']')) {
            depth--;
            (void)mst_cur_skip(cur, 1);
        } else if (depth > 0 && (c == ',' || c == ':')) {
            (void)mst_cur_skip(cur, 1);
        } else if (!skip_word(cur)) {
            return false;
        }
    } while (depth > 0);
    return true;
}
