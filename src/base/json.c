/*
 * Skipping goes into depth by a counter and a bit per level, not by recursion: what the sender
 * nests costs no stack.
 */
#include "base/hex.h"
#include "base/json.h"

struct mst_json mst_json_of(struct mst_span text)
{
    return (struct mst_json){.cur = mst_cur_of(text)};
}

struct mst_json mst_json_again(struct mst_span text)
{
    return (struct mst_json){.cur = mst_cur_of(text), .is_checked = true};
}

static inline bool take(struct mst_cur *cur, char c)
{
    char next;

    return mst_cur_peek(cur, &next) && next == c && mst_cur_skip(cur, 1);
}

static inline void skip_blanks(struct mst_cur *cur)
{
    char c;

    while (mst_cur_peek(cur, &c) && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
        (void)mst_cur_skip(cur, 1);
}

enum mst_json_kind mst_json_kind(const struct mst_json *json)
{
    struct mst_cur ahead = json->cur;
    char c = '\0'; /* gcc does not see that it is set, with the checks of TSan between */

    skip_blanks(&ahead);
    if (!mst_cur_peek(&ahead, &c))
        return MST_JSON_NONE;
    switch (c) {
    case '{':
        return MST_JSON_OBJECT;
    case '[':
        return MST_JSON_ARRAY;
    case '"':
        return MST_JSON_STRING;
    case 't':
        return MST_JSON_TRUE;
    case 'f':
        return MST_JSON_FALSE;
    case 'n':
        return MST_JSON_NULL;
    default:
        return c == '-' || (c >= '0' && c <= '9') ? MST_JSON_NUMBER : MST_JSON_NONE;
    }
}

enum mst_err mst_json_open(struct mst_json *json, char open)
{
    skip_blanks(&json->cur);
    if (json->depth == MST_JSON_DEPTH_MAX || !take(&json->cur, open))
        return MST_ESYNTAX;
    json->depth++;
    json->is_first = true;
    return MST_OK;
}

/* Another element or member, or the end of the array or object. */
static enum mst_err go_on(struct mst_json *json, char close, bool *ret_is_more)
{
    bool is_first = json->is_first;

    skip_blanks(&json->cur);
    json->is_first = false;
    if (take(&json->cur, close)) {
        json->depth--;
        *ret_is_more = false;
        return MST_OK;
    }
    if (!is_first && !take(&json->cur, ','))
        return MST_ESYNTAX;
    *ret_is_more = true;
    return MST_OK;
}

enum mst_err mst_json_element(struct mst_json *json, bool *ret_is_more)
{
    return go_on(json, ']', ret_is_more);
}

/* ---- strings ---- */

static bool read_unit(struct mst_cur *cur, unsigned *ret_unit)
{
    struct mst_span digits;
    unsigned unit = 0;

    if (!mst_cur_take(cur, 4, &digits))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = mst_hex_digit(digits.ptr[i]);
        if (digit < 0)
            return false;
        unit = unit << 4 | (unsigned)digit;
    }
    *ret_unit = unit;
    return true;
}

/* Behind "\u": one code point, of which those above U+FFFF are written as two units. */
static bool read_code(struct mst_cur *cur, unsigned *ret_code)
{
    unsigned high, low;

    if (!read_unit(cur, &high) || (high >= 0xDC00 && high <= 0xDFFF))
        return false;
    *ret_code = high;
    if (high < 0xD800 || high > 0xDBFF)
        return true;
    if (!take(cur, '\\') || !take(cur, 'u') || !read_unit(cur, &low) || low < 0xDC00 ||
        low > 0xDFFF)
        return false;
    *ret_code = 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00));
    return true;
}

static size_t write_utf8(unsigned code, char ret[4])
{
    if (code < 0x80) {
        ret[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        ret[0] = (char)(0xC0 | code >> 6);
        ret[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        ret[0] = (char)(0xE0 | code >> 12);
        ret[1] = (char)(0x80 | (code >> 6 & 0x3F));
        ret[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    ret[0] = (char)(0xF0 | code >> 18);
    ret[1] = (char)(0x80 | (code >> 12 & 0x3F));
    ret[2] = (char)(0x80 | (code >> 6 & 0x3F));
    ret[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Behind a backslash; what it stands for is at most as long as the escape. */
static bool read_escape(struct mst_cur *cur, char ret[4], size_t *ret_len)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    unsigned code;
    char c;

    if (!mst_cur_byte(cur, &c))
        return false;
    if (c == 'u') {
        if (!read_code(cur, &code))
            return false;
        *ret_len = write_utf8(code, ret);
        return true;
    }
    for (size_t i = 0; i + 1 < sizeof letters; i++) {
        if (letters[i] != c)
            continue;
        ret[0] = means[i];
        *ret_len = 1;
        return true;
    }
    return false;
}

/* Behind the opening quote, past the closing one; *ret_has_escapes tells whether there were any. */
static bool pass_string(struct mst_cur *cur, struct mst_span *ret_raw, bool *ret_has_escapes)
{
    size_t from = cur->pos, len;
    bool has_escapes = false;
    char c, means[4];

    while (mst_cur_byte(cur, &c) && (unsigned char)c >= ' ') {
        if (c == '"') {
            *ret_raw = mst_span_cut(cur->src, from, cur->pos - 1);
            *ret_has_escapes = has_escapes;
            return true;
        }
        if (c == '\\' && !read_escape(cur, means, &len))
            return false;
        has_escapes = has_escapes || c == '\\';
    }
    return false;
}

static enum mst_err unescape(struct mst_span raw, struct mst_arena *arena,
                             struct mst_span *ret_text)
{
    struct mst_cur cur = mst_cur_of(raw);
    char *text = mst_arena_alloc(arena, raw.len);
    size_t n = 0;
    char c;

    if (!text)
        return MST_ENOMEM;
    while (mst_cur_byte(&cur, &c)) {
        char means[4] = {c};
        size_t len = 1;

        if (c == '\\')
            (void)read_escape(&cur, means, &len); /* it was read once already */
        for (size_t i = 0; i < len; i++)
            text[n++] = means[i];
    }
    *ret_text = mst_span_of(text, n);
    return MST_OK;
}

enum mst_err mst_json_string(struct mst_json *json, struct mst_arena *arena,
                             struct mst_span *ret_text)
{
    struct mst_span raw;
    bool has_escapes;

    skip_blanks(&json->cur);
    if (!take(&json->cur, '"') || !pass_string(&json->cur, &raw, &has_escapes))
        return MST_ESYNTAX;
    if (has_escapes)
        return unescape(raw, arena, ret_text);
    *ret_text = raw;
    return MST_OK;
}

static bool take_colon(struct mst_json *json)
{
    skip_blanks(&json->cur);
    return take(&json->cur, ':');
}

enum mst_err mst_json_member(struct mst_json *json, struct mst_arena *arena, bool *ret_is_more,
                             struct mst_span *ret_name)
{
    struct mst_span name;
    bool is_more;
    enum mst_err err = go_on(json, '}', &is_more);

    if (err == MST_OK && is_more)
        err = mst_json_string(json, arena, &name);
    if (err == MST_OK && is_more && !take_colon(json))
        err = MST_ESYNTAX;
    if (err != MST_OK)
        return err;
    *ret_is_more = is_more;
    if (is_more)
        *ret_name = name;
    return MST_OK;
}

/* ---- numbers, words ---- */

static bool pass_digits(struct mst_cur *cur)
{
    size_t from = cur->pos;
    char c;

    while (mst_cur_peek(cur, &c) && c >= '0' && c <= '9')
        (void)mst_cur_skip(cur, 1);
    return cur->pos > from;
}

enum mst_err mst_json_number(struct mst_json *json, struct mst_span *ret_text)
{
    struct mst_cur *cur = &json->cur;
    size_t from;

    skip_blanks(cur);
    from = cur->pos;
    (void)take(cur, '-');
    if (!take(cur, '0') && !pass_digits(cur))
        return MST_ESYNTAX;
    if (take(cur, '.') && !pass_digits(cur))
        return MST_ESYNTAX;
    if (take(cur, 'e') || take(cur, 'E')) {
        if (!take(cur, '-'))
            (void)take(cur, '+');
        if (!pass_digits(cur))
            return MST_ESYNTAX;
    }
    *ret_text = mst_span_cut(cur->src, from, cur->pos);
    return MST_OK;
}

static enum mst_err pass_word(struct mst_json *json, struct mst_span word)
{
    struct mst_span got;

    skip_blanks(&json->cur);
    return mst_cur_take(&json->cur, word.len, &got) && mst_span_eq(got, word) ? MST_OK
                                                                              : MST_ESYNTAX;
}

/* ---- skipping ---- */

/* One value, or the opening of one that has others in it. */
static enum mst_err pass_one(struct mst_json *json, enum mst_json_kind kind)
{
    struct mst_span ignored;
    bool has_escapes;

    switch (kind) {
    case MST_JSON_OBJECT:
        return mst_json_open(json, '{');
    case MST_JSON_ARRAY:
        return mst_json_open(json, '[');
    case MST_JSON_STRING:
        skip_blanks(&json->cur);
        return take(&json->cur, '"') && pass_string(&json->cur, &ignored, &has_escapes)
                   ? MST_OK
                   : MST_ESYNTAX;
    case MST_JSON_NUMBER:
        return mst_json_number(json, &ignored);
    case MST_JSON_TRUE:
        return pass_word(json, MST_LIT("true"));
    case MST_JSON_FALSE:
        return pass_word(json, MST_LIT("false"));
    case MST_JSON_NULL:
        return pass_word(json, MST_LIT("null"));
    case MST_JSON_NONE:
        break;
    }
    return MST_ESYNTAX;
}

static enum mst_err pass_name(struct mst_json *json)
{
    enum mst_err err = pass_one(json, MST_JSON_STRING);

    return err == MST_OK && !take_colon(json) ? MST_ESYNTAX : err;
}

/* Behind the opening quote of a string that is good, past the closing one. */
static void find_quote(struct mst_cur *cur)
{
    char c;

    while (mst_cur_byte(cur, &c) && c != '"')
        if (c == '\\')
            (void)mst_cur_skip(cur, 1);
}

/* The end of a value that is good: where its brackets close, or before what follows a word or number. */
static void find_end(struct mst_cur *cur)
{
    size_t depth = 0;
    char c;

    while (mst_cur_peek(cur, &c)) {
        if (depth == 0 &&
            (c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n'))
            return;
        (void)mst_cur_skip(cur, 1);
        if (c == '"')
            find_quote(cur);
        else if (c == '[' || c == '{')
            depth++;
        else if (c == ']' || c == '}')
            depth--;
        else
            continue;
        if (depth == 0)
            return;
    }
}

static enum mst_err skip_checked(struct mst_json *json)
{
    skip_blanks(&json->cur);
    if (mst_json_kind(json) == MST_JSON_NONE)
        return MST_ESYNTAX;
    find_end(&json->cur);
    return MST_OK;
}

static enum mst_err skip_checking(struct mst_json *json)
{
    const unsigned outside = json->depth;
    uint64_t objects = 0; /* bit n: the level outside + n + 1 is an object */
    enum mst_err err;

    do {
        enum mst_json_kind kind = mst_json_kind(json);
        bool is_more = false;

        err = pass_one(json, kind);
        if (err == MST_OK && (kind == MST_JSON_OBJECT || kind == MST_JSON_ARRAY))
            objects = objects << 1 | (kind == MST_JSON_OBJECT);
        while (err == MST_OK && json->depth > outside && !is_more) {
            bool is_object = objects & 1;
            err = go_on(json, is_object ? '}' : ']', &is_more);
            if (err == MST_OK && !is_more)
                objects >>= 1;
            else if (err == MST_OK && is_object)
                err = pass_name(json);
        }
    } while (err == MST_OK && json->depth > outside);
    return err;
}

enum mst_err mst_json_skip(struct mst_json *json)
{
    return json->is_checked ? skip_checked(json) : skip_checking(json);
}

enum mst_err mst_json_value(struct mst_json *json, struct mst_span *ret_text)
{
    size_t from;
    enum mst_err err;

    skip_blanks(&json->cur);
    from = json->cur.pos;
    err = mst_json_skip(json);
    if (err == MST_OK)
        *ret_text = mst_span_cut(json->cur.src, from, json->cur.pos);
    return err;
}

enum mst_err mst_json_end(struct mst_json *json)
{
    skip_blanks(&json->cur);
    return mst_cur_at_end(&json->cur) ? MST_OK : MST_ESYNTAX;
}

/* ---- writing ---- */

/* What follows the backslash of those that have an escape of two characters; 0 for others. */
static char escape_of(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

enum mst_err mst_json_put(struct mst_buf *out, struct mst_span text)
{
    (void)mst_buf_add_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        char escape = escape_of(text.ptr[i]);

        if (escape != '\0')
            (void)mst_buf_addf(out, "\\%c", escape);
        else if (c < ' ' || c == 0x7F)
            (void)mst_buf_addf(out, "\\u%04x", c);
        else
            (void)mst_buf_add_byte(out, text.ptr[i]);
    }
    return mst_buf_add_byte(out, '"');
}
