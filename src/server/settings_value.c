/* How each type of setting is read from text. A cause names what is wrong with the value, in words. */
#include "base/limits.h"
#include "server/setting.h"

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit times_ms[] = {
    {"ms", 1           },
    {"s",  1000        },
    {"m",  60 * 1000   },
    {"h",  3600 * 1000 },
    {"d",  86400 * 1000},
    {"",   1000        }
};
static const struct unit sizes[] = {
    {"k", 1024              },
    {"m", 1024 * 1024       },
    {"g", 1024 * 1024 * 1024},
    {"",  1                 }
};

static enum mst_err bad(struct mst_buf *why, struct mst_span value, const char *cause)
{
    (void)mst_buf_addf(why, "\"%.*s\" %s", (int)value.len, value.len ? value.ptr : "", cause);
    return MST_EINVAL;
}

static enum mst_err store_number(const struct mst_setting *setting, int64_t number, void *member,
                                 struct mst_buf *why)
{
    if (number < setting->min || number > setting->max) {
        (void)mst_buf_addf(why, "%lld %s is outside %lld to %lld", (long long)number, setting->unit,
                           (long long)setting->min, (long long)setting->max);
        return MST_EINVAL;
    }
    *(int64_t *)member = number;
    return MST_OK;
}

/* Digits, then one of the units. The last unit is the one without suffix. */
static enum mst_err scaled(struct mst_span value, const struct unit *units, int64_t *ret_number)
{
    size_t n_digits = 0;
    uint64_t number;

    while (n_digits < value.len && value.ptr[n_digits] >= '0' && value.ptr[n_digits] <= '9')
        n_digits++;
    for (;; units = &units[1]) {
        struct mst_span suffix = mst_span_trim(mst_span_cut(value, n_digits, value.len));

        if (mst_span_eq_nocase(suffix, mst_span_str(units->suffix)))
            break;
        if (units->suffix[0] == '\0')
            return MST_ESYNTAX;
    }
    if (mst_span_u64(mst_span_cut(value, 0, n_digits), (uint64_t)(INT64_MAX / units->factor),
                     &number))
        return MST_ESYNTAX;
    *ret_number = (int64_t)number * units->factor;
    return MST_OK;
}

static enum mst_err parse_integer(const struct mst_setting *setting, struct mst_span value,
                                  void *member, struct mst_buf *why)
{
    int64_t number;

    if (mst_span_i64(value, &number))
        return bad(why, value, "is not a whole number");
    return store_number(setting, number, member, why);
}

static enum mst_err parse_milliseconds(const struct mst_setting *setting, struct mst_span value,
                                       void *member, struct mst_buf *why)
{
    int64_t ms;

    if (scaled(value, times_ms, &ms))
        return bad(why, value, "is not a time such as 10, 10s, 500ms, 5m, 24h");
    return store_number(setting, ms, member, why);
}

static enum mst_err parse_seconds(const struct mst_setting *setting, struct mst_span value,
                                  void *member, struct mst_buf *why)
{
    int64_t ms;

    if (scaled(value, times_ms, &ms))
        return bad(why, value, "is not a time such as 10, 10s, 5m, 24h");
    if (ms % 1000 != 0)
        return bad(why, value, "is not in whole seconds");
    return store_number(setting, ms / 1000, member, why);
}

static enum mst_err parse_size(const struct mst_setting *setting, struct mst_span value,
                               void *member, struct mst_buf *why)
{
    int64_t bytes;

    if (scaled(value, sizes, &bytes))
        return bad(why, value, "is not a size such as 65536, 64k, 16m");
    return store_number(setting, bytes, member, why);
}

static enum mst_err parse_bool(const struct mst_setting *setting, struct mst_span value,
                               void *member, struct mst_buf *why)
{
    static const char *const words[][2] = {
        {"no",    "yes" },
        {"false", "true"},
        {"off",   "on"  },
        {"0",     "1"   }
    };

    (void)setting;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        for (int truth = 0; truth < 2; truth++) {
            if (!mst_span_eq_nocase(value, mst_span_str(words[i][truth])))
                continue;
            *(int64_t *)member = truth;
            return MST_OK;
        }
    }
    return bad(why, value, "is neither yes nor no");
}

static enum mst_err parse_choice(const struct mst_setting_choice *choices, struct mst_span value,
                                 int64_t *member, struct mst_buf *why)
{
    for (const struct mst_setting_choice *c = choices; c->word; c = &c[1]) {
        if (!mst_span_eq(value, mst_span_str(c->word)))
            continue;
        *member = c->value;
        return MST_OK;
    }
    (void)bad(why, value, "is none of");
    for (const struct mst_setting_choice *c = choices; c->word; c = &c[1])
        (void)mst_buf_addf(why, " %s", c->word);
    return MST_EINVAL;
}

static enum mst_err parse_enum(const struct mst_setting *setting, struct mst_span value,
                               void *member, struct mst_buf *why)
{
    return parse_choice(setting->choices, value, member, why);
}

static enum mst_err copy_text(struct mst_span value, char ret_text[MST_SETTING_TEXT_MAX],
                              struct mst_buf *why)
{
    if (value.len >= MST_SETTING_TEXT_MAX)
        return bad(why, mst_span_cut(value, 0, 32), "... is too long");
    if (value.len)
        memcpy(ret_text, value.ptr, value.len);
    ret_text[value.len] = '\0';
    return MST_OK;
}

static enum mst_err parse_text(const struct mst_setting *setting, struct mst_span value,
                               void *member, struct mst_buf *why)
{
    (void)setting;
    return copy_text(value, member, why);
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next item of a list whose separators may repeat; false at its end. */
static bool next_item(struct mst_cur *cur, struct mst_span *ret_item)
{
    size_t start, len;
    char c;

    while (mst_cur_peek(cur, &c) && is_separator(c))
        (void)mst_cur_skip(cur, 1);
    start = cur->pos;
    while (mst_cur_peek(cur, &c) && !is_separator(c))
        (void)mst_cur_skip(cur, 1);
    len = cur->pos - start;
    *ret_item = mst_span_cut(cur->src, start, start + len);
    return len > 0;
}

/* ADDR:PORT[;tls_min=VERSION] */
static enum mst_err parse_listen(struct mst_span item, bool is_tls, struct mst_listen *ret_listen,
                                 struct mst_buf *why)
{
    static const struct mst_span tls_min = {"tls_min=", sizeof "tls_min=" - 1};
    static const struct mst_setting_choice versions[] = {
        {"1.0", 10},
        {"1.1", 11},
        {"1.2", 12},
        {"1.3", 13},
        {NULL,  0 }
    };
    size_t end = mst_span_find(item, ';', 0);
    struct mst_span option = mst_span_cut(item, end + 1, item.len);
    struct mst_listen listen = {.tls_min = 0};
    enum mst_err err;

    if (mst_addr_parse(mst_span_cut(item, 0, end), &listen.addr))
        return bad(why, item, "is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080");
    if (end < item.len) {
        if (!is_tls || !mst_span_starts(option, tls_min))
            return bad(why, option,
                       is_tls ? "is not an option here; tls_min=VERSION is"
                              : "is not an option here; plain addresses have none");
        err = parse_choice(versions, mst_span_cut(option, tls_min.len, option.len), &listen.tls_min,
                           why);
        if (err)
            return err;
    }
    *ret_listen = listen;
    return MST_OK;
}

static enum mst_err parse_listens(struct mst_span value, bool is_tls, struct mst_listens *list,
                                  struct mst_buf *why)
{
    struct mst_cur cur = mst_cur_of(value);
    struct mst_span item;
    enum mst_err err;

    while (next_item(&cur, &item)) {
        if (list->n_items == MST_LISTENS_MAX) {
            (void)mst_buf_addf(why, "more than %d addresses", MST_LISTENS_MAX);
            return MST_EFULL;
        }
        err = parse_listen(item, is_tls, &list->items[list->n_items], why);
        if (err)
            return err;
        list->n_items++;
    }
    return MST_OK;
}

static enum mst_err parse_listeners(const struct mst_setting *setting, struct mst_span value,
                                    void *member, struct mst_buf *why)
{
    (void)setting;
    return parse_listens(value, false, member, why);
}

static enum mst_err parse_tls_listeners(const struct mst_setting *setting, struct mst_span value,
                                        void *member, struct mst_buf *why)
{
    (void)setting;
    return parse_listens(value, true, member, why);
}

static enum mst_err parse_addresses(const struct mst_setting *setting, struct mst_span value,
                                    void *member, struct mst_buf *why)
{
    struct mst_addr_set *set = member;
    struct mst_addr_set more = {.n_nets = 0};
    struct mst_cur cur = mst_cur_of(value);
    struct mst_span item;

    (void)setting;
    while (next_item(&cur, &item)) {
        if (mst_addr_set_parse(item, &more))
            return bad(why, item, "is not an address or network, such as 10.0.0.0/8 or ::1");
        if (set->n_nets == MST_ADDR_SET_MAX) {
            (void)mst_buf_addf(why, "more than %d networks", MST_ADDR_SET_MAX);
            return MST_EFULL;
        }
        set->nets[set->n_nets] = more.nets[0];
        set->n_nets++;
    }
    return MST_OK;
}

/* Port 0: any. Nothing: the address 0.0.0.0. */
static enum mst_err parse_ip4_address(const struct mst_setting *setting, struct mst_span value,
                                      void *member, struct mst_buf *why)
{
    struct mst_addr addr;

    (void)setting;
    mst_addr_from_ip4("\0\0\0", 0, &addr);
    if (value.len > 0 &&
        ((mst_addr_parse_ip(value, &addr) != MST_OK && mst_addr_parse(value, &addr) != MST_OK) ||
         addr.is_v6))
        return bad(why, value, "is not an IPv4 address, such as 192.0.2.7 or 192.0.2.7:80");
    *(struct mst_addr *)member = addr;
    return MST_OK;
}

static enum mst_err parse_certificates(const struct mst_setting *setting, struct mst_span value,
                                       void *member, struct mst_buf *why)
{
    struct mst_certs *certs = member;
    struct mst_cur cur = mst_cur_of(value);
    struct mst_span cert, key;
    enum mst_err err;

    (void)setting;
    while (next_item(&cur, &cert)) {
        if (!next_item(&cur, &key))
            return bad(why, cert, "stands alone: a certificate file and its key file are wanted");
        if (certs->n_items == MST_CERTS_MAX) {
            (void)mst_buf_addf(why, "more than %d pairs", MST_CERTS_MAX);
            return MST_EFULL;
        }
        err = copy_text(cert, certs->items[certs->n_items].cert, why);
        if (!err)
            err = copy_text(key, certs->items[certs->n_items].key, why);
        if (err)
            return err;
        certs->n_items++;
    }
    return MST_OK;
}

#define MEMBER_BYTES(member) sizeof(((struct mst_settings *)0)->member)

const struct mst_setting_kind mst_setting_kinds[MST_SETTING_TYPE_COUNT] = {
    [MST_SETTING_INTEGER] = {"integer",      "a whole number",                                        false, true,  parse_integer,
                             sizeof(int64_t)                                                                                                                             },
    [MST_SETTING_SECONDS] = {"duration",     "a number and ms, s, m, h or d; without a unit seconds",
                             false,                                                                          true,  parse_seconds,       sizeof(int64_t)                 },
    [MST_SETTING_MILLISECONDS] = {"duration",
                             "a number and ms, s, m, h or d; without a unit seconds",                 false,
                             true,                                                                                  parse_milliseconds,  sizeof(int64_t)                 },
    [MST_SETTING_SIZE] = {"size",         "a number and k, m or g; without a unit bytes",          false, true,
                             parse_size,                                                                                                 sizeof(int64_t)                 },
    [MST_SETTING_BOOL] = {"yes or no",    "yes or no",                                             false, false, parse_bool,          sizeof(int64_t)                 },
    [MST_SETTING_ENUM] = {"word",         "one of the words listed",                               false, false, parse_enum,
                             sizeof(int64_t)                                                                                                                             },
    [MST_SETTING_PATH] = {"path",         "a path",                                                false, false, parse_text,          MST_SETTING_TEXT_MAX            },
    [MST_SETTING_TEXT] = {"text",         "a text",                                                false, false, parse_text,          MST_SETTING_TEXT_MAX            },
    [MST_SETTING_LISTENERS] = {"addresses",    "ADDRESS:PORT, several apart by commas or spaces",       true,
                             false,                                                                                 parse_listeners,     MEMBER_BYTES(http)              },
    [MST_SETTING_TLS_LISTENERS] = {"addresses",
                             "ADDRESS:PORT[;tls_min=VERSION], several apart by commas or "
                                   "spaces",                                                          true,  false, parse_tls_listeners, MEMBER_BYTES(https)             },
    [MST_SETTING_ADDRESSES] = {"networks",
                             "ADDRESS or ADDRESS/BITS, several apart by commas or spaces",            true,
                             false,                                                                                 parse_addresses,     MEMBER_BYTES(trusted_proxies)   },
    [MST_SETTING_IP4_ADDRESS] = {"address",      "ADDRESS or ADDRESS:PORT",                               false, false,
                             parse_ip4_address,                                                                                          MEMBER_BYTES(advertised_address)},
    [MST_SETTING_CERTIFICATES] = {"certificates", "pairs of CERTIFICATE KEY",                              true,  false,
                             parse_certificates,                                                                                         MEMBER_BYTES(tls_certificates)  },
};
