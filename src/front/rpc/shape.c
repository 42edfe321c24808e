/* The table of shapes, and the reading of arguments by it. */
#include <stdlib.h>
#include <string.h>

#include "front/rpc/shape.h"

/* ---- the table ---- */

static const char *const kinds[] = {"client", "dataport", "datarule", "dispatch", "clone", NULL};
static const char *const keys[] = {"client", "share", NULL};
static const char *const alias[] = {"alias", NULL};
static const char *const lookups[] = {"alias", "aliased", "shared", NULL};
static const char *const owner[] = {"owner", NULL};
static const char *const tagging[] = {"add", "remove", NULL};
static const char *const sorts[] = {"desc", "asc", NULL};
static const char *const selections[] = {"all", "givenwindow", "autowindow", NULL};
const char *const mst_rpc_metrics[] = {"client", "dataport", "datarule", "dispatch", "share",
                                       "email",  "http",     "sms",      "xmpp",     NULL};

static const struct mst_rpc_member reading[] = {
    [MST_RPC_STARTTIME] = {"starttime", MST_RPC_NUMBER, NULL      },
    [MST_RPC_ENDTIME] = {"endtime",   MST_RPC_NUMBER, NULL      },
    [MST_RPC_SORT] = {"sort",      MST_RPC_WORD,   sorts     },
    [MST_RPC_LIMIT] = {"limit",     MST_RPC_NUMBER, NULL      },
    [MST_RPC_SELECTION] = {"selection", MST_RPC_WORD,   selections},
    {NULL,        MST_RPC_END,    NULL      },
};

static const struct mst_rpc_member flushing[] = {
    [MST_RPC_NEWERTHAN] = {"newerthan", MST_RPC_NUMBER, NULL},
    [MST_RPC_OLDERTHAN] = {"olderthan", MST_RPC_NUMBER, NULL},
    {NULL,        MST_RPC_END,    NULL},
};

/* wait has no use for subs_id. */
static const struct mst_rpc_member waiting[] = {
    [MST_RPC_TIMEOUT] = {"timeout", MST_RPC_NUMBER, NULL},
    [MST_RPC_SINCE] = {"since",   MST_RPC_NUMBER, NULL},
    [MST_RPC_SUBS_ID] = {"subs_id", MST_RPC_ID,     NULL},
    {NULL,      MST_RPC_END,    NULL},
};

static const struct mst_rpc_member listings[] = {
    [MST_RPC_OWNED] = {"owned",     MST_RPC_BOOL,  NULL},
    [MST_RPC_OPT_ALIASED] = {"aliased",   MST_RPC_BOOL,  NULL},
    [MST_RPC_ACTIVATED] = {"activated", MST_RPC_BOOL,  NULL},
    [MST_RPC_PUBLIC] = {"public",    MST_RPC_BOOL,  NULL},
    [MST_RPC_TAGGED] = {"tagged",    MST_RPC_TEXTS, NULL},
    {NULL,        MST_RPC_END,   NULL},
};

static const struct mst_rpc_member sharing[] = {
    [MST_RPC_META] = {"meta", MST_RPC_TEXT, NULL},
    [MST_RPC_CODE] = {"code", MST_RPC_TEXT, NULL},
    {NULL,   MST_RPC_END,  NULL},
};

static const struct mst_rpc_member moving[] = {
    {"aliases", MST_RPC_BOOL, NULL},
    {NULL,      MST_RPC_END,  NULL},
};

static const struct mst_rpc_member granting[] = {
    {"ttl", MST_RPC_NUMBER, NULL},
    {NULL,  MST_RPC_END,    NULL},
};

#define PART(NAME, name) [MST_RPC_INFO_##NAME] = {name, MST_RPC_BOOL, NULL}
const struct mst_rpc_member mst_rpc_info_parts[] = {
    PART(ALIASES, "aliases"), PART(BASIC, "basic"),
    PART(COUNTS, "counts"),   PART(DESCRIPTION, "description"),
    PART(KEY, "key"),         PART(SHARES, "shares"),
    PART(STORAGE, "storage"), PART(SUBSCRIBERS, "subscribers"),
    PART(TAGGED, "tagged"),   PART(TAGS, "tags"),
    PART(USAGE, "usage"),     [MST_RPC_INFO_PARTS] = {NULL, MST_RPC_END, NULL},
};

/* ?: it and all behind it may be left out. */
#define A(TYPE)                \
    {                          \
        .type = MST_RPC_##TYPE \
    }
#define Q(TYPE)                                     \
    {                                               \
        .type = MST_RPC_##TYPE, .is_optional = true \
    }
/* The words of one argument have numbers of their own, whatever list they stand in. */
#define OWNER                                                             \
    {                                                                     \
        .type = MST_RPC_WORD, .words = owner, .first_word = MST_RPC_OWNER \
    }
#define WORD(list)                            \
    {                                         \
        .type = MST_RPC_WORD, .words = (list) \
    }
#define OPTIONS(list)                              \
    {                                              \
        .type = MST_RPC_OPTIONS, .members = (list) \
    }
#define Q_OPTIONS(list)                                                 \
    {                                                                   \
        .type = MST_RPC_OPTIONS, .is_optional = true, .members = (list) \
    }
#define Q_FLAGS(list)                                                 \
    {                                                                 \
        .type = MST_RPC_FLAGS, .is_optional = true, .members = (list) \
    }

/* clang-format off */
const struct mst_rpc_shape mst_rpc_shapes[] = {
    {"activate",    0, {A(RID), WORD(keys), A(TEXT)}},
    {"activate",    1, {WORD(keys), A(TEXT)}},                  /* legacy: for the caller */
    {"create",      0, {A(RID), WORD(kinds), A(OBJECT)}},
    {"create",      1, {WORD(kinds), A(OBJECT)}},               /* legacy: under the caller */
    {"deactivate",  0, {A(RID), WORD(keys), A(TEXT)}},
    {"deactivate",  1, {WORD(keys), A(TEXT)}},                  /* legacy: for the caller */
    {"drop",        0, {A(RID)}},
    {"flush",       0, {A(RID), Q_OPTIONS(flushing)}},
    {"grant",       0, {A(RID), A(OBJECT), Q_OPTIONS(granting)}},
    {"info",        0, {A(RID), Q_FLAGS(mst_rpc_info_parts)}},
    {"listing",     0, {A(RID), A(TEXTS), Q_FLAGS(listings)}},
    {"listing",     1, {A(TEXTS), Q_FLAGS(listings)}},   /* legacy: of the caller */
    {"lookup",      0, {A(RID), WORD(lookups), A(TEXT)}},
    {"lookup",      0, {A(RID), OWNER, A(RID)}},
    {"lookup",      1, {WORD(lookups), A(TEXT)}},               /* legacy: of the caller */
    {"lookup",      1, {OWNER, A(RID)}},
    {"map",         0, {WORD(alias), A(RID), A(TEXT)}},
    {"move",        0, {A(RID), A(RID), Q_OPTIONS(moving)}},
    {"read",        0, {A(RID), Q_OPTIONS(reading)}},
    {"record",      0, {A(RID), A(POINTS), Q(OBJECT)}},         /* legacy third {} */
    {"recordbatch", 0, {A(RID), A(POINTS)}},
    {"revoke",      1, {WORD(keys), A(TEXT)}},
    {"share",       0, {A(RID), Q_OPTIONS(sharing)}},
    {"subscribe",   0, {A(RID), Q_OPTIONS(waiting)}},
    {"tag",         0, {A(RID), WORD(tagging), A(TEXT)}},
    {"unmap",       0, {A(RID), WORD(alias), A(TEXT)}},
    {"unmap",       1, {WORD(alias), A(TEXT)}},                 /* legacy: of the caller */
    {"unsubscribe", 0, {A(RID), Q_OPTIONS(waiting)}},
    {"unsubscribe", 0, {A(NULL), OPTIONS(waiting)}},
    {"unsubscribe", 1, {OPTIONS(waiting)}},                /* all resources of that id */
    {"update",      0, {A(RID), A(OBJECT)}},
    {"usage",       0, {A(RID), WORD(mst_rpc_metrics), A(NUMBER), A(NUMBER)}},
    {"wait",        0, {A(RID), Q_OPTIONS(waiting)}},
    {"write",       0, {A(RID), A(VALUE), Q(OBJECT)}},          /* legacy third {} */
    {"write",       0, {A(WRITES), Q(OBJECT)}},                 /* legacy: as writegroup (2.1.5) */
    {"writegroup",  0, {A(WRITES), Q(OBJECT)}},                 /* legacy second {} */
};
/* clang-format on */
const size_t mst_rpc_n_shapes = sizeof mst_rpc_shapes / sizeof mst_rpc_shapes[0];

/* ---- reading ---- */

/*
 * Every function below reads one value from json. MST_OK: it fits. MST_EREFUSED: it does not, and
 * then json stands anywhere. MST_ENOMEM. The text was checked before, so there is no MST_ESYNTAX.
 */
typedef enum mst_err reader(struct mst_json *json, struct mst_arena *arena,
                            struct mst_rpc_value *value);

static enum mst_err refused(enum mst_err err)
{
    return err == MST_ESYNTAX ? MST_EREFUSED : err;
}

static enum mst_err read_text(struct mst_json *json, struct mst_arena *arena,
                              struct mst_rpc_value *value)
{
    return refused(mst_json_string(json, arena, &value->text));
}

static enum mst_err read_rid(struct mst_json *json, struct mst_arena *arena,
                             struct mst_rpc_value *value)
{
    bool is_more = true, has_alias = false;
    struct mst_span name;
    enum mst_err err;

    value->ref.is_alias = mst_json_kind(json) == MST_JSON_OBJECT;
    if (!value->ref.is_alias)
        return refused(mst_json_string(json, arena, &value->ref.text));
    err = mst_json_open(json, '{');
    while (err == MST_OK && (err = mst_json_member(json, arena, &is_more, &name)) == MST_OK &&
           is_more) {
        if (mst_span_eq(name, MST_LIT("alias"))) {
            has_alias = true;
            err = mst_json_string(json, arena, &value->ref.text);
        } else
            err = mst_json_skip(json);
    }
    return err == MST_OK && !has_alias ? MST_EREFUSED : refused(err);
}

static enum mst_err read_bool(struct mst_json *json, struct mst_arena *arena,
                              struct mst_rpc_value *value)
{
    enum mst_json_kind kind = mst_json_kind(json);

    (void)arena;
    if (kind != MST_JSON_TRUE && kind != MST_JSON_FALSE)
        return MST_EREFUSED;
    value->is_true = kind == MST_JSON_TRUE;
    return mst_json_skip(json);
}

/* Digits stay exact; what is no whole number of 64 bits is cut toward zero, into their range. */
static enum mst_err read_number(struct mst_json *json, struct mst_arena *arena,
                                struct mst_rpc_value *value)
{
    struct mst_span text, copy;
    enum mst_err err = refused(mst_json_number(json, &text));

    if (err == MST_OK && mst_span_i64(text, &value->integer) == MST_OK) {
        value->number = (double)value->integer;
        return MST_OK;
    }
    if (err == MST_OK)
        err = mst_arena_dup(arena, text, &copy); /* ends with a NUL, as strtod needs */
    if (err != MST_OK)
        return err;
    value->number = strtod(copy.ptr, NULL);
    if (value->number >= 9223372036854775808.0)
        value->integer = INT64_MAX;
    else if (value->number <= -9223372036854775808.0)
        value->integer = INT64_MIN;
    else
        value->integer = (int64_t)value->number;
    return MST_OK;
}

static enum mst_err read_value(struct mst_json *json, struct mst_arena *arena,
                               struct mst_rpc_value *value)
{
    enum mst_json_kind kind = mst_json_kind(json);
    enum mst_err err;

    if (kind == MST_JSON_STRING)
        return read_text(json, arena, value);
    if (kind == MST_JSON_NUMBER)
        return refused(mst_json_number(json, &value->text));
    err = read_bool(json, arena, value);
    if (err == MST_OK) {
        value->text = value->is_true ? MST_LIT("true") : MST_LIT("false");
        value->as_number = value->is_true ? MST_LIT("1") : MST_LIT("0");
    }
    return err;
}

static enum mst_err read_id(struct mst_json *json, struct mst_arena *arena,
                            struct mst_rpc_value *value)
{
    enum mst_json_kind kind = mst_json_kind(json);

    (void)arena;
    return kind == MST_JSON_STRING || kind == MST_JSON_NUMBER ? mst_json_value(json, &value->raw)
                                                              : MST_EREFUSED;
}

static enum mst_err read_null(struct mst_json *json, struct mst_arena *arena,
                              struct mst_rpc_value *value)
{
    (void)value;
    (void)arena;
    return mst_json_kind(json) == MST_JSON_NULL ? mst_json_skip(json) : MST_EREFUSED;
}

static enum mst_err read_object(struct mst_json *json, struct mst_arena *arena,
                                struct mst_rpc_value *value)
{
    (void)arena;
    return mst_json_kind(json) == MST_JSON_OBJECT ? mst_json_value(json, &value->raw)
                                                  : MST_EREFUSED;
}

/* ---- lists ---- */

/* Room for as many items as the list has elements. */
static enum mst_err open_list(struct mst_json *json, struct mst_arena *arena,
                              struct mst_rpc_value *value)
{
    struct mst_json ahead = *json;
    bool is_more = true;
    size_t n = 0;
    enum mst_err err = mst_json_open(&ahead, '[');

    while (err == MST_OK && (err = mst_json_element(&ahead, &is_more)) == MST_OK && is_more) {
        err = mst_json_skip(&ahead);
        n++;
    }
    if (err != MST_OK)
        return refused(err);
    value->is_list = true;
    value->items = n > 0 ? mst_arena_array(arena, n, sizeof *value->items) : NULL;
    if (n > 0 && !value->items)
        return MST_ENOMEM;
    return mst_json_open(json, '[');
}

static enum mst_err read_texts(struct mst_json *json, struct mst_arena *arena,
                               struct mst_rpc_value *value)
{
    bool is_more = true;
    enum mst_err err = open_list(json, arena, value);

    while (err == MST_OK && (err = mst_json_element(json, &is_more)) == MST_OK && is_more)
        err = mst_json_string(json, arena, &value->items[value->n_items++].text);
    return refused(err);
}

static enum mst_err next_of_pair(struct mst_json *json, bool is_wanted)
{
    bool is_more;
    enum mst_err err = mst_json_element(json, &is_more);

    return err == MST_OK && is_more != is_wanted ? MST_EREFUSED : err;
}

/* [[key, value], ...] */
static enum mst_err read_pairs(struct mst_json *json, struct mst_arena *arena, reader *read_key,
                               struct mst_rpc_value *value)
{
    bool is_more = true;
    enum mst_err err = open_list(json, arena, value);

    while (err == MST_OK && (err = mst_json_element(json, &is_more)) == MST_OK && is_more) {
        struct mst_rpc_value key = {0}, held = {0};

        err = mst_json_open(json, '[');
        if (err == MST_OK)
            err = next_of_pair(json, true);
        if (err == MST_OK)
            err = read_key(json, arena, &key);
        if (err == MST_OK)
            err = next_of_pair(json, true);
        if (err == MST_OK)
            err = read_value(json, arena, &held);
        if (err == MST_OK)
            err = next_of_pair(json, false);
        value->items[value->n_items++] =
            (struct mst_rpc_item){key.ref, key.integer, held.text, held.as_number};
    }
    return refused(err);
}

static enum mst_err read_points(struct mst_json *json, struct mst_arena *arena,
                                struct mst_rpc_value *value)
{
    return read_pairs(json, arena, read_number, value);
}

static enum mst_err read_writes(struct mst_json *json, struct mst_arena *arena,
                                struct mst_rpc_value *value)
{
    return read_pairs(json, arena, read_rid, value);
}

/* ---- options ---- */

static const struct {
    reader *read; /* NULL: those that have a list of their own */
} readers[] = {
    [MST_RPC_END] = {NULL},           [MST_RPC_RID] = {read_rid},
    [MST_RPC_TEXT] = {read_text},     [MST_RPC_WORD] = {NULL},
    [MST_RPC_TEXTS] = {read_texts},   [MST_RPC_BOOL] = {read_bool},
    [MST_RPC_NUMBER] = {read_number}, [MST_RPC_VALUE] = {read_value},
    [MST_RPC_ID] = {read_id},         [MST_RPC_NULL] = {read_null},
    [MST_RPC_OBJECT] = {read_object}, [MST_RPC_OPTIONS] = {NULL},
    [MST_RPC_FLAGS] = {NULL},         [MST_RPC_POINTS] = {read_points},
    [MST_RPC_WRITES] = {read_writes},
};

/* *ret_is_known: it is one of the words. */
static enum mst_err read_word(struct mst_json *json, struct mst_arena *arena,
                              const char *const *words, bool *ret_is_known,
                              struct mst_rpc_value *value)
{
    enum mst_err err = read_text(json, arena, value);

    *ret_is_known = false;
    while (err == MST_OK && words[value->word] && !*ret_is_known) {
        *ret_is_known = mst_span_eq(value->text, mst_span_str(words[value->word]));
        value->word += *ret_is_known ? 0 : 1;
    }
    return err;
}

static enum mst_err read_member(struct mst_json *json, struct mst_arena *arena,
                                const struct mst_rpc_member *member, struct mst_rpc_value *value)
{
    bool is_known = true;
    enum mst_err err;

    *value = (struct mst_rpc_value){0}; /* the last of several counts */
    if (mst_json_kind(json) == MST_JSON_NULL)
        return mst_json_skip(json);
    err = member->type == MST_RPC_WORD ? read_word(json, arena, member->words, &is_known, value)
                                       : readers[member->type].read(json, arena, value);
    value->is_given = true;
    return err == MST_OK && !is_known ? MST_EREFUSED : err;
}

/* The place of name in the list, or of its end. */
static size_t find_member(const struct mst_rpc_member *members, struct mst_span name)
{
    size_t i = 0;

    while (members[i].name && !mst_span_eq(name, mst_span_str(members[i].name)))
        i++;
    return i;
}

static enum mst_err give_members(struct mst_arena *arena, const struct mst_rpc_member *members,
                                 struct mst_rpc_value *value)
{
    size_t n = 0;

    while (members[n].name)
        n++;
    value->members = mst_arena_array(arena, n, sizeof *value);
    return value->members ? MST_OK : MST_ENOMEM;
}

static enum mst_err read_options(struct mst_json *json, struct mst_arena *arena,
                                 const struct mst_rpc_member *members, struct mst_rpc_value *value)
{
    struct mst_span name;
    bool is_more = true;
    enum mst_err err = mst_json_open(json, '{');

    while (err == MST_OK && (err = mst_json_member(json, arena, &is_more, &name)) == MST_OK &&
           is_more) {
        size_t i = find_member(members, name);

        value->n_given++;
        err = members[i].name ? read_member(json, arena, &members[i], &value->members[i])
                              : mst_json_skip(json);
    }
    return refused(err);
}

static enum mst_err read_names(struct mst_json *json, struct mst_arena *arena,
                               const struct mst_rpc_member *members, struct mst_rpc_value *value)
{
    struct mst_span name;
    bool is_more = true;
    enum mst_err err = mst_json_open(json, '[');

    while (err == MST_OK && (err = mst_json_element(json, &is_more)) == MST_OK && is_more) {
        size_t i;

        err = mst_json_string(json, arena, &name);
        if (err != MST_OK)
            break;
        i = find_member(members, name);
        value->n_given++;
        if (members[i].type == MST_RPC_BOOL)
            value->members[i] = (struct mst_rpc_value){.is_given = true, .is_true = true};
    }
    return refused(err);
}

/* ---- whole shapes ---- */

/* An empty list: what PHP and Lua make of an object without members. */
static bool is_empty_list(struct mst_json json)
{
    bool is_more = true;

    return mst_json_open(&json, '[') == MST_OK && mst_json_element(&json, &is_more) == MST_OK &&
           !is_more;
}

static enum mst_err read_param(struct mst_json *json, struct mst_arena *arena,
                               const struct mst_rpc_param *param, bool *ret_is_known,
                               struct mst_rpc_value *value)
{
    bool is_flags = param->type == MST_RPC_FLAGS;
    enum mst_err err;

    *ret_is_known = true;
    if (param->is_optional &&
        (mst_json_kind(json) == MST_JSON_NULL || (!is_flags && is_empty_list(*json))))
        return mst_json_skip(json);
    value->is_given = param->type != MST_RPC_NULL;
    if (is_flags && mst_json_kind(json) == MST_JSON_ARRAY)
        err = read_names(json, arena, param->members, value);
    else if (is_flags || param->type == MST_RPC_OPTIONS)
        err = read_options(json, arena, param->members, value);
    else if (param->type == MST_RPC_WORD)
        err = read_word(json, arena, param->words, ret_is_known, value);
    else
        err = readers[param->type].read(json, arena, value);
    value->word += param->first_word;
    return err;
}

static enum mst_err begin(struct mst_arena *arena, const struct mst_rpc_shape *shape,
                          struct mst_rpc_args *ret_args)
{
    enum mst_err err = MST_OK;

    *ret_args = (struct mst_rpc_args){0};
    for (size_t i = 0; shape->params[i].type != MST_RPC_END && err == MST_OK; i++)
        if (shape->params[i].members)
            err = give_members(arena, shape->params[i].members, &ret_args->v[shape->first + i]);
    return err;
}

/* MST_EREFUSED: it does not fit at all. */
static enum mst_err read_shape(struct mst_arena *arena, const struct mst_rpc_shape *shape,
                               struct mst_json json, enum mst_rpc_fit *ret_fit,
                               struct mst_rpc_args *ret_args)
{
    const struct mst_rpc_param *param = shape->params;
    bool is_more = true, is_known = true, are_known = true;
    enum mst_err err = begin(arena, shape, ret_args);
    size_t slot = shape->first;

    if (err == MST_OK)
        err = mst_json_open(&json, '[');
    while (err == MST_OK && (err = mst_json_element(&json, &is_more)) == MST_OK && is_more) {
        if (param->type == MST_RPC_END)
            return MST_EREFUSED;
        err = read_param(&json, arena, param++, &is_known, &ret_args->v[slot++]);
        are_known = are_known && is_known;
    }
    if (err == MST_OK && param->type != MST_RPC_END && !param->is_optional)
        return MST_EREFUSED;
    *ret_fit = are_known ? MST_RPC_FITS : MST_RPC_BADARG;
    return refused(err);
}

enum mst_err mst_rpc_args_read(struct mst_arena *arena, struct mst_span procedure,
                               struct mst_span json, enum mst_rpc_fit *ret_fit,
                               struct mst_rpc_args *ret_args)
{
    enum mst_rpc_fit fit = MST_RPC_MISFITS;

    for (size_t i = 0; i < mst_rpc_n_shapes && fit != MST_RPC_FITS; i++) {
        struct mst_rpc_args args;
        enum mst_rpc_fit this_fit;
        enum mst_err err;

        if (!mst_span_eq(procedure, mst_span_str(mst_rpc_shapes[i].procedure)))
            continue;
        err = read_shape(arena, &mst_rpc_shapes[i], mst_json_again(json), &this_fit, &args);
        if (err != MST_OK && err != MST_EREFUSED)
            return err;
        if (err == MST_EREFUSED)
            continue;
        fit = this_fit;
        if (fit == MST_RPC_FITS)
            *ret_args = args;
    }
    *ret_fit = fit;
    return MST_OK;
}

enum mst_err mst_rpc_options_read(struct mst_arena *arena, const struct mst_rpc_member *members,
                                  struct mst_span text, struct mst_rpc_value *ret_value)
{
    struct mst_json json = mst_json_again(text);
    struct mst_rpc_value value = {.is_given = true};
    enum mst_err err = give_members(arena, members, &value);

    if (err == MST_OK)
        err = read_options(&json, arena, members, &value);
    if (err == MST_OK)
        *ret_value = value;
    return err;
}
