/*
 * What only the RPC shows of a dataport, datarule or dispatch (protocol.md 2.15.5), kept
 * as one JSON object with sorted keys in the resource's detail. It is always whole: create
 * fills in the defaults, update replaces the keys that are given. Keys that are not in the table
 * are dropped.
 */
#include "front/rpc/call.h"

enum {
    PORT = 1 << MST_KIND_DATAPORT,
    RULE = 1 << MST_KIND_DATARULE,
    DISPATCH = 1 << MST_KIND_DISPATCH,
    ALL = PORT | RULE | DISPATCH
};

static bool is_one_of(const json_t *value, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        if (mst_rpc_is_word(value, words[i]))
            return true;
    return false;
}
#define IS_ONE_OF(value, words) is_one_of((value), (words), sizeof(words) / sizeof(words)[0])

static bool is_text(const json_t *value)
{
    return json_is_string(value);
}

static bool is_bool(const json_t *value)
{
    return json_is_boolean(value);
}

/* Sets a member of an object that is being made, NULL if that failed before; value is taken. Gives the
   object, or NULL without memory: nothing is kept in part. */
static json_t *with(json_t *object, const char *key, json_t *value)
{
    if (!object)
        json_decref(value);
    else if (json_object_set_new(object, key, value) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *no_text(void)
{
    return json_string("");
}

/* ---- preprocess, retention, subscribe ---- */

/* A number, a text, a truth; a text may be a RID. */
static bool is_constant(const json_t *value)
{
    return json_is_number(value) || json_is_string(value) || json_is_boolean(value);
}

static bool is_preprocess(const json_t *value)
{
    static const char *const operations[] = {"add", "sub", "mul", "div", "mod", "gt",
                                             "geq", "lt",  "leq", "eq",  "neq", "value"};

    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);

        if (json_array_size(item) != 2 || !IS_ONE_OF(json_array_get(item, 0), operations) ||
            !is_constant(json_array_get(item, 1)))
            return false;
    }
    return json_is_array(value) && json_array_size(value) <= MST_FLOW_STEPS_MAX;
}

static const char *const bounds[] = {"count", "duration"};

static bool is_bound(const json_t *value)
{
    int64_t bound;

    return !value || mst_rpc_is_word(value, "infinity") ||
           (mst_rpc_whole(value, &bound) && bound >= 0);
}

static bool is_retention(const json_t *value)
{
    return json_is_object(value) && is_bound(json_object_get(value, bounds[0])) &&
           is_bound(json_object_get(value, bounds[1]));
}

/* A whole number is kept as an integer. */
static json_t *keep_number(json_t *given)
{
    int64_t whole;

    return mst_rpc_whole(given, &whole) ? json_integer(whole) : json_incref(given);
}

/* What is missing counts as infinity, on update too (2.1.5). */
static json_t *keep_retention(json_t *given)
{
    json_t *kept = json_object();

    for (size_t i = 0; i < 2; i++) {
        json_t *bound = json_object_get(given, bounds[i]);

        kept = with(kept, bounds[i], bound ? keep_number(bound) : json_string("infinity"));
    }
    return kept;
}

static json_t *no_retention(void)
{
    return keep_retention(NULL);
}

static bool is_subscribe(const json_t *value)
{
    return json_is_null(value) ||
           (json_is_string(value) &&
            (json_string_length(value) == 0 || json_string_length(value) == MST_HANDLE_CHARS));
}

/* "" is how some clients say "nothing". */
static json_t *keep_subscribe(json_t *given)
{
    return json_string_length(given) == 0 ? json_null() : json_incref(given);
}

/* ---- rule ---- */

static bool is_comparison(const json_t *value)
{
    static const char *const words[] = {"gt", "lt", "eq", "geq", "leq", "neq"};

    return IS_ONE_OF(value, words);
}

static bool is_seconds(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0;
}

static bool is_count(const json_t *value)
{
    int64_t count;

    return mst_rpc_whole(value, &count) && count > 0;
}

/* repeat is false if it is not given. */
static bool is_repeat(const json_t *value)
{
    return !value || json_is_boolean(value);
}

enum { CONSTANT = 1, COMPARISON = 2, COUNT = 4, REPEAT = 8, TIMEOUT = 16 };

static const struct {
    unsigned bit;
    const char *key;
    bool (*is_good)(const json_t *value);
    json_t *(*keep)(json_t *value);
} fields[] = {
    {COMPARISON, "comparison", is_comparison, json_incref},
    {CONSTANT,   "constant",   is_constant,   json_incref},
    {COUNT,      "count",      is_count,      keep_number},
    {REPEAT,     "repeat",     is_repeat,     json_incref},
    {TIMEOUT,    "timeout",    is_seconds,    json_incref},
};

/* The rules and their fields; script is a text. */
static const struct {
    const char *key;
    unsigned fields;
} rules[] = {
    {"simple",   COMPARISON | CONSTANT | REPEAT                  },
    {"timeout",  TIMEOUT | REPEAT                                },
    {"interval", COMPARISON | CONSTANT | TIMEOUT | REPEAT        },
    {"duration", COMPARISON | CONSTANT | TIMEOUT | REPEAT        },
    {"count",    COMPARISON | CONSTANT | TIMEOUT | REPEAT | COUNT},
    {"script",   0                                               },
};
enum { RULES = sizeof rules / sizeof rules[0], FIELDS = sizeof fields / sizeof fields[0] };

/* The number of the only rule that value names; RULES if it names none or several. */
static size_t find_rule(const json_t *value)
{
    size_t found = RULES, n_found = 0;

    for (size_t i = 0; i < RULES; i++)
        if (json_object_get(value, rules[i].key)) {
            found = i;
            n_found++;
        }
    return n_found == 1 ? found : RULES;
}

static bool is_rule(const json_t *value)
{
    size_t rule = find_rule(value);
    const json_t *given;

    if (rule == RULES)
        return false;
    given = json_object_get(value, rules[rule].key);
    if (rules[rule].fields == 0)
        return json_is_string(given);
    for (size_t i = 0; i < FIELDS; i++)
        if ((rules[rule].fields & fields[i].bit) &&
            !fields[i].is_good(json_object_get(given, fields[i].key)))
            return false;
    return json_is_object(given);
}

static json_t *keep_rule(json_t *value)
{
    size_t rule = find_rule(value);
    json_t *given = json_object_get(value, rules[rule].key);
    json_t *kept = rules[rule].fields == 0 ? json_incref(given) : json_object();

    for (size_t i = 0; i < FIELDS; i++) {
        json_t *field = json_object_get(given, fields[i].key);

        if (rules[rule].fields & fields[i].bit)
            kept = with(kept, fields[i].key, field ? fields[i].keep(field) : json_false());
    }
    return kept ? with(json_object(), rules[rule].key, kept) : NULL;
}

/* ---- dispatch ---- */

static bool is_method(const json_t *value)
{
    static const char *const words[] = {"email",    "http_get", "http_post",
                                        "http_put", "sms",      "xmpp"};

    return IS_ONE_OF(value, words);
}

/* ---- the whole ---- */

static const struct {
    const char *key;
    unsigned kinds;
    bool (*is_good)(const json_t *value);
    json_t *(*keep)(json_t *value); /* what is kept of a good value; json_incref: as it is */
    json_t *(*none)(void);          /* what it is until it is given; NULL: create must give it */
} keys[] = {
    {"locked",     DISPATCH, is_bool,       json_incref,    json_false  },
    {"message",    DISPATCH, is_text,       json_incref,    no_text     },
    {"method",     DISPATCH, is_method,     json_incref,    NULL        },
    {"preprocess", ALL,      is_preprocess, json_incref,    json_array  },
    {"recipient",  DISPATCH, is_text,       json_incref,    no_text     },
    {"retention",  ALL,      is_retention,  keep_retention, no_retention},
    {"rule",       RULE,     is_rule,       keep_rule,      NULL        },
    {"subject",    DISPATCH, is_text,       json_incref,    no_text     },
    {"subscribe",  ALL,      is_subscribe,  keep_subscribe, json_null   },
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static bool has_key(size_t i, int64_t kind)
{
    return keys[i].kinds & (1u << kind);
}

json_t *mst_rpc_detail_load(int64_t kind, struct mst_span text)
{
    json_t *detail = text.len ? json_loadb(text.ptr, text.len, 0, NULL) : json_object();

    for (size_t i = 0; i < KEYS; i++)
        if (has_key(i, kind) && keys[i].none && !json_object_get(detail, keys[i].key))
            detail = with(detail, keys[i].key, keys[i].none());
    return detail;
}

static bool are_good(const json_t *json, int64_t kind, const json_t *detail)
{
    for (size_t i = 0; i < KEYS; i++) {
        const json_t *given = json_object_get(json, keys[i].key);

        if (!has_key(i, kind))
            continue;
        if (given ? !keys[i].is_good(given) : !json_object_get(detail, keys[i].key))
            return false;
    }
    return true;
}

static enum mst_err merge(const json_t *json, int64_t kind, json_t *detail)
{
    for (size_t i = 0; i < KEYS; i++) {
        json_t *given = json_object_get(json, keys[i].key);

        if (has_key(i, kind) && given &&
            json_object_set_new(detail, keys[i].key, keys[i].keep(given)) != 0)
            return MST_ENOMEM;
    }
    return MST_OK;
}

/* Sorted, as the tables are; tags (core/tag.h) come last. MST_EFULL: too long. */
static enum mst_err print(struct mst_tx *tx, json_t *detail, struct mst_span *ret_text)
{
    json_t *sorted = json_object();
    enum mst_err err = MST_ENOMEM;
    struct mst_buf out;

    mst_buf_init(&out, MST_DETAIL_MAX);
    for (size_t i = 0; i < KEYS; i++) {
        json_t *value = json_object_get(detail, keys[i].key);

        if (value)
            sorted = with(sorted, keys[i].key, json_incref(value));
    }
    if (sorted && json_object_update_missing(sorted, detail) == 0)
        err = mst_rpc_print(&out, sorted);
    if (err == MST_OK)
        err = mst_arena_dup(mst_tx_arena(tx), mst_buf_span(&out), ret_text);
    mst_buf_fini(&out);
    json_decref(sorted);
    return err;
}

enum mst_err mst_rpc_detail_read(struct mst_rpc_call *call, struct mst_tx *tx, const json_t *json,
                                 int64_t kind, const struct mst_row_resource *old,
                                 struct mst_span *ret_detail)
{
    json_t *detail = mst_rpc_detail_load(kind, old ? old->detail : (struct mst_span){NULL, 0});
    struct mst_span text;
    enum mst_err err = MST_ENOMEM;

    if (!detail)
        return err;
    if (are_good(json, kind, detail))
        err = merge(json, kind, detail);
    else
        err = mst_rpc_say(call, "badarg");
    if (err == MST_OK)
        err = print(tx, detail, &text);
    json_decref(detail);
    if (err == MST_EFULL)
        err = mst_rpc_say(call, "badarg");
    if (err == MST_OK)
        *ret_detail = text;
    return err;
}
