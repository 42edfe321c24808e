/*
 * A line is a JSON object in one line. Its first field is "type", its last "mac", which authenticates
 * the bytes in front of it together with the line's number (envelope.h): so no line can be changed,
 * left out, moved or added. Fields that are empty, zero or false are left out.
 */
#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "front/fleet/format.h"
#include "wire/base64.h"
#include "wire/digest.h"

enum { VERSION = 1, MAC_CHARS = 2 * MST_LINE_MAC_BYTES };

/* ,"mac":"<32 digits>"} */
#define MAC_BEFORE MST_LIT(",\"mac\":\"")
#define MAC_AFTER  MST_LIT("\"}")
enum { MAC_TAIL = 8 + MAC_CHARS + 2 };

#define SEAL_PURPOSE MST_LIT("muster1 fleet cik")

/* ---- the table ---- */

enum kind {
    TEXT,
    INT,
    FLAG,   /* an integer that is 0 or 1 */
    OPTION, /* a bit of options */
    RID,
    KEY, /* a CIK, sealed */
    STATE,
    FORMAT,
    ALIASES,
    LIMITS,
    RANGE_FORMAT,
    RANGE_CASING,
    RANGE_LENGTH,
    UNSIGNED, /* of 64 bits, as a string */
    BYTES,    /* base64 */
    DIGEST,
    LOG
};

#define BIT(type) (1U << MST_FLEET_##type)
#define RESOURCES (BIT(CLIENT) | BIT(DATAPORT) | BIT(DATARULE) | BIT(DISPATCH))
#define PARTS \
    (BIT(SHARE) | BIT(RANGE) | BIT(GROUP) | BIT(MEMBER) | BIT(CONTENT) | BIT(BLOB) | BIT(SERIAL))
#define NAMED                                                                                     \
    (RESOURCES | BIT(VENDOR) | BIT(TOKEN) | BIT(MODEL) | BIT(SHARE) | BIT(GROUP) | BIT(CONTENT) | \
     BIT(BLOB))
#define AT(member) offsetof(struct mst_fleet_item, member)

static const struct field {
    const char *name;
    enum kind kind;
    unsigned types;
    size_t offset;
    int64_t bit; /* OPTION */
} fields[] = {
    {"rid",          RID,          RESOURCES | BIT(VENDOR) | BIT(SERIAL),               AT(rid),          0                     },
    {"owner",        RID,          RESOURCES,                                           AT(owner),        0                     },
    {"model",        TEXT,         PARTS,                                               AT(model),        0                     },
    {"group",        TEXT,         BIT(MEMBER),                                         AT(group),        0                     },
    {"name",         TEXT,         NAMED,                                               AT(name),         0                     },
    {"sn",           TEXT,         BIT(SERIAL),                                         AT(sn),           0                     },
    {"key",          KEY,          BIT(CLIENT),                                         AT(cik),          0                     },
    {"state",        STATE,        BIT(CLIENT),                                         AT(state),        0                     },
    {"left",         INT,          BIT(CLIENT),                                         AT(left_s),       0                     },
    {"locked",       FLAG,         BIT(CLIENT),                                         AT(is_locked),    0                     },
    {"suspect",      INT,          BIT(CLIENT),                                         AT(suspect),      0                     },
    {"activated",    INT,          BIT(CLIENT),                                         AT(activated_at), 0                     },
    {"activated_by", TEXT,         BIT(CLIENT),                                         AT(activated_by), 0                     },
    {"public",       FLAG,         RESOURCES,                                           AT(is_public),    0                     },
    {"created",      INT,          RESOURCES,                                           AT(created),      0                     },
    {"modified",     INT,          RESOURCES,                                           AT(modified),     0                     },
    {"format",       FORMAT,       BIT(DATAPORT) | BIT(DATARULE),                       AT(format),       0                     },
    {"aliases",      ALIASES,      RESOURCES,                                           0,                0                     },
    {"limits",       LIMITS,       BIT(CLIENT),                                         AT(limits),       0                     },
    {"detail",       TEXT,         RESOURCES & ~BIT(CLIENT),                            AT(detail),       0                     },
    {"template",     RID,          BIT(MODEL),                                          AT(template),     0                     },
    {"creator",      RID,          BIT(MODEL),                                          AT(creator),      0                     },
    {"window",       INT,          BIT(MODEL),                                          AT(window_s),     0                     },
    {"noaliases",    OPTION,       BIT(MODEL),                                          AT(options),      MST_MODEL_NOALIASES   },
    {"nocomments",   OPTION,       BIT(MODEL),                                          AT(options),      MST_MODEL_NOCOMMENTS  },
    {"nohistorical", OPTION,       BIT(MODEL),                                          AT(options),      MST_MODEL_NOHISTORICAL},
    {"format",       RANGE_FORMAT, BIT(RANGE),                                          AT(range),        0                     },
    {"casing",       RANGE_CASING, BIT(RANGE),                                          AT(range),        0                     },
    {"length",       RANGE_LENGTH, BIT(RANGE),                                          AT(range),        0                     },
    {"first",        UNSIGNED,     BIT(RANGE),                                          AT(range.first),  0                     },
    {"last",         UNSIGNED,     BIT(RANGE),                                          AT(range.last),   0                     },
    {"kind",         TEXT,         BIT(MEMBER),                                         AT(member_type),  0                     },
    {"member",       TEXT,         BIT(MEMBER),                                         AT(member),       0                     },
    {"expire",       INT,          BIT(MEMBER),                                         AT(expire),       0                     },
    {"protected",    FLAG,         BIT(CONTENT),                                        AT(is_protected), 0                     },
    {"piece",        INT,          BIT(BLOB),                                           AT(piece),        0                     },
    {"bytes",        BYTES,        BIT(BLOB),                                           AT(bytes),        0                     },
    {"size",         INT,          BIT(BLOB),                                           AT(size),         0                     },
    {"mime",         TEXT,         BIT(BLOB),                                           AT(mime),         0                     },
    {"sha256",       DIGEST,       BIT(BLOB),                                           AT(sha256),       0                     },
    {"extra",        TEXT,         BIT(SERIAL),                                         AT(extra),        0                     },
    {"lent_to",      TEXT,         BIT(SERIAL),                                         AT(lent_to),      0                     },
    {"orphan",       FLAG,         BIT(SERIAL),                                         AT(is_orphan),    0                     },
    {"log",          LOG,          BIT(SERIAL),                                         0,                0                     },
    {"meta",         TEXT,         RESOURCES | BIT(GROUP) | BIT(MEMBER) | BIT(CONTENT), AT(meta),         0                     },
};

static const char *const type_names[MST_FLEET_TYPE_COUNT] = {
    [MST_FLEET_CLIENT] = "client",     [MST_FLEET_DATAPORT] = "dataport",
    [MST_FLEET_DATARULE] = "datarule", [MST_FLEET_DISPATCH] = "dispatch",
    [MST_FLEET_VENDOR] = "vendor",     [MST_FLEET_TOKEN] = "token",
    [MST_FLEET_MODEL] = "model",       [MST_FLEET_SHARE] = "share",
    [MST_FLEET_RANGE] = "range",       [MST_FLEET_GROUP] = "group",
    [MST_FLEET_MEMBER] = "member",     [MST_FLEET_CONTENT] = "content",
    [MST_FLEET_BLOB] = "blob",         [MST_FLEET_SERIAL] = "serial",
};

static const char *const states[MST_STATE_COUNT] = {
    [MST_STATE_PENDING] = "pending",
    [MST_STATE_ACTIVATED] = "activated",
    [MST_STATE_EXPIRED] = "expired",
    [MST_STATE_DISABLED] = "disabled",
};

static const char *const formats[] = {
    [MST_FORMAT_FLOAT] = "float", [MST_FORMAT_INTEGER] = "integer", [MST_FORMAT_STRING] = "string"};

static void *member_of(const struct mst_fleet_item *item, const struct field *field)
{
    return &((char *)item)[field->offset];
}

/* ---- writing ---- */

static json_t *string_of(struct mst_span text)
{
    return json_stringn(text.len ? text.ptr : "", text.len);
}

static json_t *word_of(const char *const *words, size_t n, int64_t number)
{
    return number > 0 && (size_t)number < n && words[number] ? json_string(words[number]) : NULL;
}

static json_t *sealed_of(const struct mst_file_keys *keys, const struct mst_fleet_item *item)
{
    uint8_t bytes[MST_HANDLE_BYTES], sealed[MST_SEALED_HANDLE_BYTES];
    char hex[2 * MST_SEALED_HANDLE_BYTES];

    if (mst_hex_decode(mst_handle_span(&item->cik), bytes, sizeof bytes) != MST_OK)
        return NULL;
    mst_seal(&keys->seal, SEAL_PURPOSE, mst_handle_span(&item->rid),
             mst_span_of(bytes, sizeof bytes), sealed);
    mst_secret_wipe(bytes, sizeof bytes);
    mst_hex_encode(mst_span_of(sealed, sizeof sealed), hex);
    return json_stringn(hex, sizeof hex);
}

static json_t *aliases_of(const struct mst_fleet_item *item)
{
    json_t *array = json_array();

    for (size_t i = 0; i < item->n_aliases; i++)
        if (json_array_append_new(array, string_of(item->aliases[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *limits_of(const struct mst_fleet_item *item)
{
    json_t *object = json_object();

    for (int i = 0; i < MST_LIMIT_COUNT; i++) {
        if (item->limits[i] == 0)
            continue;
        json_t *value = item->limits[i] == MST_LIMIT_INHERIT ? json_string("inherit")
                                                             : json_integer(item->limits[i]);
        if (json_object_set_new(object, mst_limit_names[i], value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *log_of(const struct mst_fleet_item *item)
{
    json_t *array = json_array();

    for (size_t i = 0; i < item->n_log; i++) {
        json_t *entry =
            json_pack("[I, o]", (json_int_t)item->log[i].at, string_of(item->log[i].peer));
        if (json_array_append_new(array, entry) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *bytes_of(struct mst_span bytes)
{
    json_t *string = NULL;
    struct mst_buf text;

    mst_buf_init(&text, MST_BASE64_CHARS(MST_PIECE_MAX));
    if (mst_base64_encode(bytes, &text) == MST_OK)
        string = string_of(mst_buf_span(&text));
    mst_buf_fini(&text);
    return string;
}

static json_t *digest_of(struct mst_span digest)
{
    char hex[2 * MST_SHA256_BYTES];

    if (digest.len != MST_SHA256_BYTES)
        return NULL;
    mst_hex_encode(digest, hex);
    return json_stringn(hex, sizeof hex);
}

static json_t *unsigned_of(uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    return json_string(text);
}

/* Is there nothing to say? */
static bool is_absent(const struct field *field, const struct mst_fleet_item *item)
{
    const void *member = member_of(item, field);

    switch (field->kind) {
    case TEXT:
    case BYTES:
    case DIGEST:
        return ((const struct mst_span *)member)->len == 0;
    case INT:
    case FLAG:
        return *(const int64_t *)member == 0;
    case OPTION:
        return (*(const int64_t *)member & field->bit) == 0;
    case RID:
    case KEY:
        return ((const struct mst_handle *)member)->text[0] == '\0';
    case ALIASES:
        return item->n_aliases == 0;
    case LOG:
        return item->n_log == 0;
    case RANGE_CASING:
        return item->range.shape.casing == MST_SN_EITHER;
    case RANGE_LENGTH:
        return item->range.shape.length == 0;
    case STATE:
    case FORMAT:
    case LIMITS:
    case RANGE_FORMAT:
    case UNSIGNED:
        break;
    }
    return false;
}

static json_t *value_of(const struct mst_file_keys *keys, const struct field *field,
                        const struct mst_fleet_item *item)
{
    const void *member = member_of(item, field);

    switch (field->kind) {
    case TEXT:
        return string_of(*(const struct mst_span *)member);
    case INT:
        return json_integer(*(const int64_t *)member);
    case FLAG:
    case OPTION:
        return json_true();
    case RID:
        return string_of(mst_handle_span(member));
    case KEY:
        return sealed_of(keys, item);
    case STATE:
        return word_of(states, MST_STATE_COUNT, item->state);
    case FORMAT:
        return word_of(formats, sizeof formats / sizeof formats[0], item->format);
    case ALIASES:
        return aliases_of(item);
    case LIMITS:
        return limits_of(item);
    case UNSIGNED:
        return unsigned_of(*(const uint64_t *)member);
    case BYTES:
        return bytes_of(*(const struct mst_span *)member);
    case DIGEST:
        return digest_of(*(const struct mst_span *)member);
    case RANGE_FORMAT:
        return json_string(mst_sn_format_word(item->range.shape.format));
    case RANGE_CASING:
        return json_string(mst_sn_casing_word(item->range.shape.casing));
    case RANGE_LENGTH:
        return json_integer(item->range.shape.length);
    case LOG:
        return log_of(item);
    }
    return NULL;
}

static int add_bytes(const char *bytes, size_t len, void *arg)
{
    return mst_buf_add(arg, mst_span_of(bytes, len)) == MST_OK ? 0 : -1;
}

/* Takes json. */
static enum mst_err print(struct mst_buf *out, json_t *json)
{
    enum mst_err err =
        json && json_dump_callback(json, add_bytes, out, JSON_COMPACT) == 0 ? MST_OK : MST_ENOMEM;

    json_decref(json);
    return mst_buf_err(out) != MST_OK ? mst_buf_err(out) : err;
}

/* The same as line n, with its MAC in place of the closing brace, and the end of the line. */
static enum mst_err print_line(struct mst_buf *out, const struct mst_file_keys *keys, uint64_t n,
                               json_t *json)
{
    const size_t from = out->len;
    uint8_t mac[MST_LINE_MAC_BYTES];
    char hex[MAC_CHARS];
    enum mst_err err = print(out, json);

    if (err != MST_OK)
        return err;
    out->len--;
    mst_file_mac(keys, n, mst_span_cut(mst_buf_span(out), from, out->len), mac);
    mst_hex_encode(mst_span_of(mac, sizeof mac), hex);
    (void)mst_buf_add(out, MAC_BEFORE);
    (void)mst_buf_add(out, mst_span_of(hex, sizeof hex));
    (void)mst_buf_add(out, MAC_AFTER);
    if (out->len - from > MST_FLEET_LINE_MAX)
        return MST_EFULL;
    return mst_buf_add_byte(out, '\n');
}

static json_t *hex_of(const uint8_t *bytes, size_t len)
{
    char hex[2 * MST_ENVELOPE_KEY_BYTES];

    assert(2 * len <= sizeof hex);
    mst_hex_encode(mst_span_of(bytes, len), hex);
    return json_stringn(hex, 2 * len);
}

enum mst_err mst_fleet_write_seal(struct mst_buf *out, const struct mst_envelope *envelope)
{
    enum mst_err err = print(out, json_pack("{s:s, s:o, s:o, s:o}", "type", "seal", "to",
                                            hex_of(envelope->to, sizeof envelope->to), "ephemeral",
                                            hex_of(envelope->ephemeral, sizeof envelope->ephemeral),
                                            "key", hex_of(envelope->key, sizeof envelope->key)));

    return err == MST_OK ? mst_buf_add_byte(out, '\n') : err;
}

enum mst_err mst_fleet_write_head(struct mst_buf *out, const struct mst_file_keys *keys, uint64_t n,
                                  const struct mst_fleet_head *head)
{
    return print_line(out, keys, n,
                      json_pack("{s:s, s:i, s:o, s:o, s:I}", "type", "fleet", "version", VERSION,
                                "vendor", string_of(head->vendor), "rid",
                                string_of(mst_handle_span(&head->rid)), "made",
                                (json_int_t)head->made));
}

enum mst_err mst_fleet_write_item(struct mst_buf *out, const struct mst_file_keys *keys, uint64_t n,
                                  const struct mst_fleet_item *item)
{
    json_t *json = json_pack("{s:s}", "type", type_names[item->type]);

    for (size_t i = 0; json && i < sizeof fields / sizeof fields[0]; i++) {
        if (!(fields[i].types >> item->type & 1) || is_absent(&fields[i], item))
            continue;
        if (json_object_set_new(json, fields[i].name, value_of(keys, &fields[i], item)) != 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return print_line(out, keys, n, json);
}

enum mst_err mst_fleet_write_end(struct mst_buf *out, const struct mst_file_keys *keys, uint64_t n)
{
    return print_line(out, keys, n, json_pack("{s:s, s:I}", "type", "end", "lines", (json_int_t)n));
}

/* ---- reading ---- */

static bool read_text(struct mst_arena *arena, const json_t *value, struct mst_span *ret_text)
{
    return json_is_string(value) &&
           mst_arena_dup(arena, mst_span_of(json_string_value(value), json_string_length(value)),
                         ret_text) == MST_OK;
}

static bool read_hex(const json_t *value, uint8_t *ret_bytes, size_t len)
{
    return json_is_string(value) &&
           mst_hex_decode(mst_span_of(json_string_value(value), json_string_length(value)),
                          ret_bytes, len) == MST_OK;
}

static bool read_handle(const json_t *value, struct mst_handle *ret_handle)
{
    uint8_t bytes[MST_HANDLE_BYTES];

    if (!read_hex(value, bytes, sizeof bytes))
        return false;
    memcpy(ret_handle->text, json_string_value(value), MST_HANDLE_CHARS);
    return true;
}

static bool read_int(const json_t *value, int64_t *ret_number)
{
    *ret_number = json_integer_value(value);
    return json_is_integer(value);
}

static bool read_word(const char *const *words, size_t n, const json_t *value, int64_t *ret_number)
{
    for (size_t i = 0; json_is_string(value) && i < n; i++)
        if (words[i] && strcmp(words[i], json_string_value(value)) == 0) {
            *ret_number = (int64_t)i;
            return true;
        }
    return false;
}

/* rid, which the table has in front of it, was read. */
static bool read_key(const struct mst_file_keys *keys, const json_t *value,
                     struct mst_fleet_item *item)
{
    uint8_t sealed[MST_SEALED_HANDLE_BYTES], bytes[MST_HANDLE_BYTES];
    bool is_open = read_hex(value, sealed, sizeof sealed) &&
                   mst_seal_open(&keys->seal, SEAL_PURPOSE, mst_handle_span(&item->rid),
                                 mst_span_of(sealed, sizeof sealed), bytes) == MST_OK;

    if (is_open)
        mst_hex_encode(mst_span_of(bytes, sizeof bytes), item->cik.text);
    mst_secret_wipe(bytes, sizeof bytes);
    return is_open;
}

static bool read_aliases(struct mst_arena *arena, const json_t *value, struct mst_fleet_item *item)
{
    const size_t n = json_array_size(value);

    if (n == 0)
        return json_is_array(value);
    item->aliases = mst_arena_array(arena, n, sizeof *item->aliases);
    for (size_t i = 0; item->aliases && i < n; i++)
        if (!read_text(arena, json_array_get(value, i), &item->aliases[i]))
            return false;
    item->n_aliases = n;
    return item->aliases != NULL;
}

static bool read_limits(const json_t *value, struct mst_fleet_item *item)
{
    size_t n_known = 0;

    for (int i = 0; i < MST_LIMIT_COUNT; i++) {
        const json_t *limit = json_object_get(value, mst_limit_names[i]);

        if (!limit)
            continue;
        n_known++;
        if (json_is_string(limit) && strcmp(json_string_value(limit), "inherit") == 0)
            item->limits[i] = MST_LIMIT_INHERIT;
        else if (!read_int(limit, &item->limits[i]))
            return false;
    }
    return json_is_object(value) && n_known == json_object_size(value);
}

static bool read_log(struct mst_arena *arena, const json_t *value, struct mst_fleet_item *item)
{
    const size_t n = json_array_size(value);

    if (n == 0)
        return json_is_array(value);
    item->log = mst_arena_array(arena, n, sizeof *item->log);
    for (size_t i = 0; item->log && i < n; i++) {
        const json_t *entry = json_array_get(value, i);
        if (json_array_size(entry) != 2 || !read_int(json_array_get(entry, 0), &item->log[i].at) ||
            !read_text(arena, json_array_get(entry, 1), &item->log[i].peer))
            return false;
    }
    item->n_log = n;
    return item->log != NULL;
}

static bool read_unsigned(const json_t *value, uint64_t *ret_number)
{
    return json_is_string(value) &&
           mst_span_u64(mst_span_of(json_string_value(value), json_string_length(value)),
                        UINT64_MAX, ret_number) == MST_OK;
}

static bool read_bytes(struct mst_arena *arena, const json_t *value, struct mst_span *ret_bytes)
{
    const struct mst_span text = mst_span_of(json_string_value(value),
                                             json_is_string(value) ? json_string_length(value) : 0);
    uint8_t *bytes = mst_arena_alloc(arena, MST_BASE64_BYTES(text.len));

    return json_is_string(value) && bytes && mst_base64_decode(text, bytes, ret_bytes) == MST_OK &&
           ret_bytes->len <= MST_PIECE_MAX;
}

static bool read_digest(struct mst_arena *arena, const json_t *value, struct mst_span *ret_digest)
{
    uint8_t *digest = mst_arena_alloc(arena, MST_SHA256_BYTES);

    *ret_digest = mst_span_of(digest, MST_SHA256_BYTES);
    return digest && read_hex(value, digest, MST_SHA256_BYTES);
}

static bool read_length(const json_t *value, unsigned *ret_length)
{
    const json_int_t length = json_integer_value(value);

    *ret_length = (unsigned)length;
    return json_is_integer(value) && length > 0 && length <= MST_SN_MAX;
}

static bool read_value(struct mst_arena *arena, const struct mst_file_keys *keys,
                       const struct field *field, const json_t *value, struct mst_fleet_item *item)
{
    void *member = member_of(item, field);

    switch (field->kind) {
    case TEXT:
        return read_text(arena, value, member);
    case INT:
        return read_int(value, member);
    case FLAG:
        *(int64_t *)member = json_is_true(value);
        return json_is_boolean(value);
    case OPTION:
        *(int64_t *)member |= json_is_true(value) ? field->bit : 0;
        return json_is_boolean(value);
    case RID:
        return read_handle(value, member);
    case KEY:
        return read_key(keys, value, item);
    case STATE:
        return read_word(states, MST_STATE_COUNT, value, member);
    case FORMAT:
        return read_word(formats, sizeof formats / sizeof formats[0], value, member);
    case ALIASES:
        return read_aliases(arena, value, item);
    case LIMITS:
        return read_limits(value, item);
    case UNSIGNED:
        return read_unsigned(value, member);
    case BYTES:
        return read_bytes(arena, value, member);
    case DIGEST:
        return read_digest(arena, value, member);
    case RANGE_FORMAT:
        return mst_sn_format_of(mst_span_str(json_string_value(value)), &item->range.shape.format);
    case RANGE_CASING:
        return mst_sn_casing_of(mst_span_str(json_string_value(value)), &item->range.shape.casing);
    case RANGE_LENGTH:
        return read_length(value, &item->range.shape.length);
    case LOG:
        return read_log(arena, value, item);
    }
    return false;
}

/* All fields but "type" and "mac" must be known. */
static enum mst_err read_item(struct mst_arena *arena, const struct mst_file_keys *keys,
                              const json_t *json, enum mst_fleet_type type,
                              struct mst_fleet_item *ret_item, const char **ret_why)
{
    size_t n_known = 2;

    *ret_item = (struct mst_fleet_item){.type = type};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const json_t *value =
            fields[i].types >> type & 1 ? json_object_get(json, fields[i].name) : NULL;
        if (!value)
            continue;
        n_known++;
        if (!read_value(arena, keys, &fields[i], value, ret_item)) {
            *ret_why = "one of its fields has a value that cannot be";
            return MST_ESYNTAX;
        }
    }
    *ret_why = "it has a field that this version does not know";
    return n_known == json_object_size(json) ? MST_OK : MST_ESYNTAX;
}

static enum mst_err read_head(struct mst_arena *arena, const json_t *json,
                              struct mst_fleet_head *ret_head, const char **ret_why)
{
    int64_t version = 0;
    bool is_head = read_int(json_object_get(json, "version"), &version) &&
                   read_text(arena, json_object_get(json, "vendor"), &ret_head->vendor) &&
                   read_handle(json_object_get(json, "rid"), &ret_head->rid) &&
                   read_int(json_object_get(json, "made"), &ret_head->made);

    *ret_why = is_head ? "its format is of another version" : "it does not say what fleet it is";
    return is_head && version == VERSION ? MST_OK : MST_ESYNTAX;
}

static enum mst_err read_json(struct mst_arena *arena, const struct mst_file_keys *keys, uint64_t n,
                              const json_t *json, struct mst_fleet_read *ret_read,
                              const char **ret_why)
{
    const json_t *type = json_object_get(json, "type");
    int64_t number = 0, lines = 0;

    if (read_word(type_names, MST_FLEET_TYPE_COUNT, type, &number)) {
        ret_read->what = MST_FLEET_LINE_ITEM;
        return read_item(arena, keys, json, (enum mst_fleet_type)number, &ret_read->item, ret_why);
    }
    if (json_is_string(type) && strcmp(json_string_value(type), "fleet") == 0) {
        ret_read->what = MST_FLEET_LINE_HEAD;
        return read_head(arena, json, &ret_read->head, ret_why);
    }
    *ret_why = "it is of a type that this version does not know";
    if (!json_is_string(type) || strcmp(json_string_value(type), "end") != 0)
        return MST_ESYNTAX;
    ret_read->what = MST_FLEET_LINE_END;
    *ret_why = "the file has another number of lines than it says";
    return read_int(json_object_get(json, "lines"), &lines) && (uint64_t)lines == n ? MST_OK
                                                                                    : MST_ESYNTAX;
}

static bool is_line(const struct mst_file_keys *keys, uint64_t n, struct mst_span line)
{
    const size_t len = line.len > MAC_TAIL ? line.len - MAC_TAIL : 0;
    const struct mst_span tail = mst_span_cut(line, len, line.len);
    uint8_t mac[MST_LINE_MAC_BYTES], wanted[MST_LINE_MAC_BYTES];

    if (len == 0 || !mst_span_starts(tail, MAC_BEFORE) ||
        mst_hex_decode(mst_span_cut(tail, MAC_BEFORE.len, MAC_BEFORE.len + MAC_CHARS), mac,
                       sizeof mac) != MST_OK)
        return false;
    mst_file_mac(keys, n, mst_span_cut(line, 0, len), wanted);
    return mst_secret_eq(mst_span_of(mac, sizeof mac), mst_span_of(wanted, sizeof wanted));
}

enum mst_err mst_fleet_read_line(struct mst_arena *arena, const struct mst_file_keys *keys,
                                 uint64_t n, struct mst_span line, struct mst_fleet_read *ret_read,
                                 const char **ret_why)
{
    enum mst_err err = MST_ESYNTAX;
    json_t *json;

    memset(ret_read, 0, sizeof *ret_read);
    *ret_why = "it was changed, is not in its place, or belongs to another file";
    if (!is_line(keys, n, line))
        return MST_EKEY;
    *ret_why = "it is not JSON";
    json = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, NULL);
    if (json)
        err = read_json(arena, keys, n, json, ret_read, ret_why);
    json_decref(json);
    return err;
}

enum mst_err mst_fleet_read_seal(struct mst_span line, struct mst_envelope *ret_seal)
{
    json_t *json = json_loadb(line.ptr ? line.ptr : "", line.len, 0, NULL);
    const json_t *type = json_object_get(json, "type");
    struct mst_envelope envelope;
    bool is_seal = json_is_string(type) && strcmp(json_string_value(type), "seal") == 0 &&
                   read_hex(json_object_get(json, "to"), envelope.to, sizeof envelope.to) &&
                   read_hex(json_object_get(json, "ephemeral"), envelope.ephemeral,
                            sizeof envelope.ephemeral) &&
                   read_hex(json_object_get(json, "key"), envelope.key, sizeof envelope.key);

    json_decref(json);
    if (is_seal)
        *ret_seal = envelope;
    return is_seal ? MST_OK : MST_ESYNTAX;
}
