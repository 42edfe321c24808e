#include "core/domain.h"
#include "base/hex.h"
#include "core/lifecycle.h"
#include "core/resource.h"

struct mst_key_seed mst_client_seed(const struct mst_row_client *client)
{
    return (struct mst_key_seed){.row = client->id,
                                 .gen_ix = client->gen_ix,
                                 .kid = client->kid,
                                 .epoch = client->epoch,
                                 .salt = client->salt,
                                 .delta = client->delta};
}

struct mst_key_seed mst_resource_seed(const struct mst_row_resource *resource)
{
    return (struct mst_key_seed){.row = resource->id, .gen_ix = resource->gen_ix};
}

struct mst_key_seed mst_token_seed(const struct mst_row_token *token)
{
    return (struct mst_key_seed){.row = token->id,
                                 .gen_ix = token->gen_ix,
                                 .kid = token->kid,
                                 .epoch = token->epoch,
                                 .salt = token->salt,
                                 .delta = token->delta};
}

enum mst_err mst_domain_rid(const struct mst_domain *domain,
                            const struct mst_row_resource *resource, struct mst_handle *ret_rid)
{
    struct mst_key_seed seed = mst_resource_seed(resource);

    if (resource->foreign_rid.len == MST_HANDLE_BYTES) {
        mst_hex_encode(resource->foreign_rid, ret_rid->text);
        return MST_OK;
    }
    return domain->keys->mint(domain->keys->ctx, MST_HANDLE_RID, &seed, ret_rid);
}

/* ---- names ---- */

static bool is_alnum(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Letters, digits and the characters of extra; 1 to max_bytes of them. */
static bool is_made_of(struct mst_span name, size_t max_bytes, struct mst_span extra)
{
    if (name.len == 0 || name.len > max_bytes)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_alnum(name.ptr[i]) && mst_span_find(extra, name.ptr[i], 0) == extra.len)
            return false;
    }
    return true;
}

static bool has_any(struct mst_span text, struct mst_span unwanted)
{
    for (size_t i = 0; i < text.len; i++) {
        if (mst_span_find(unwanted, text.ptr[i], 0) < unwanted.len)
            return true;
    }
    return false;
}

bool mst_name_is_vendor(struct mst_span name)
{
    return is_made_of(name, MST_VENDOR_MAX, MST_LIT("_-."));
}

bool mst_name_is_model(struct mst_span name)
{
    return is_made_of(name, MST_MODEL_MAX, MST_LIT("_-.+ "));
}

bool mst_name_is_sn(struct mst_span name)
{
    if (name.len == 0 || name.len > MST_SN_MAX || has_any(name, MST_LIT(",\"/")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < 0x20 || name.ptr[i] > 0x7e)
            return false;
    }
    return true;
}

bool mst_name_is_alias(struct mst_span name)
{
    return name.len > 0 && name.len <= MST_ALIAS_MAX && !has_any(name, MST_LIT("&=?#")) &&
           mst_name_is_utf8(name);
}

bool mst_name_is_extra(struct mst_span text)
{
    return text.len <= MST_EXTRA_MAX && !has_any(text, MST_LIT("\r\n")) && mst_name_is_utf8(text);
}

/* Free text in one line. */
static bool is_line(struct mst_span name, size_t max)
{
    if (name.len == 0 || name.len > max || !mst_name_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
            return false;
    }
    return true;
}

bool mst_name_is_token(struct mst_span name)
{
    return is_line(name, MST_TOKEN_NAME_MAX);
}

bool mst_name_is_tag(struct mst_span name)
{
    return is_line(name, MST_TAG_MAX);
}

bool mst_name_is_group(struct mst_span name)
{
    return is_line(name, MST_GROUP_NAME_MAX);
}

bool mst_name_is_meta(struct mst_span text)
{
    return text.len <= MST_ENTRY_META_MAX && mst_name_is_utf8(text);
}

/* The forms of a character longer than one byte (RFC 3629, section 4): first byte from..to, the
   bounds of the second, how many follow. */
static const struct {
    unsigned char from, to, second_from, second_to;
    unsigned n_more;
} utf8_forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 1},
    {0xe0, 0xe0, 0xa0, 0xbf, 2},
    {0xe1, 0xec, 0x80, 0xbf, 2},
    {0xed, 0xed, 0x80, 0x9f, 2},
    {0xee, 0xef, 0x80, 0xbf, 2},
    {0xf0, 0xf0, 0x90, 0xbf, 3},
    {0xf1, 0xf3, 0x80, 0xbf, 3},
    {0xf4, 0xf4, 0x80, 0x8f, 3},
};

/* Length of the character at pos, which is not ASCII; 0 if it is not well formed. */
static size_t wide_char_len(struct mst_span text, size_t pos)
{
    unsigned char first = (unsigned char)text.ptr[pos];

    for (size_t i = 0; i < sizeof utf8_forms / sizeof utf8_forms[0]; i++) {
        if (first < utf8_forms[i].from || first > utf8_forms[i].to)
            continue;
        if (text.len - pos <= utf8_forms[i].n_more)
            return 0;
        unsigned char second = (unsigned char)text.ptr[pos + 1];
        if (second < utf8_forms[i].second_from || second > utf8_forms[i].second_to)
            return 0;
        for (unsigned k = 2; k <= utf8_forms[i].n_more; k++) {
            if (((unsigned char)text.ptr[pos + k] & 0xc0) != 0x80)
                return 0;
        }
        return utf8_forms[i].n_more + 1;
    }
    return 0;
}

bool mst_name_is_utf8(struct mst_span text)
{
    size_t pos = 0;

    while (pos < text.len) {
        unsigned char c = (unsigned char)text.ptr[pos];
        size_t n = c == 0 ? 0 : c < 0x80 ? 1 : wide_char_len(text, pos);
        if (n == 0)
            return false;
        pos += n;
    }
    return true;
}

/* ---- the root client ---- */

static enum mst_err insert_root(const struct mst_domain *domain, struct mst_tx *tx,
                                struct mst_row_client *ret_client)
{
    int64_t now = mst_tx_wall_now(tx);
    int64_t gen_ix = domain->keys->current_gen_ix(domain->keys->ctx);
    struct mst_row_resource resource = {
        .kind = MST_KIND_CLIENT, .gen_ix = gen_ix, .created = now, .modified = now};
    struct mst_row_meta meta = {.name = MST_LIT(MST_META_ROOT)};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &resource);

    if (err != MST_OK)
        return err;
    *ret_client = (struct mst_row_client){.id = resource.id,
                                          .state = MST_STATE_ACTIVATED,
                                          .gen_ix = gen_ix,
                                          .kid = domain->keys->current_kid(domain->keys->ctx),
                                          .epoch = 1,
                                          .salt = (int64_t)mst_tx_random(tx)};
    err = mst_tx_insert(tx, MST_TABLE_CLIENT, ret_client);
    if (err != MST_OK)
        return err;
    err = mst_quota_create_root(tx, resource.id);
    if (err != MST_OK)
        return err;
    err = mst_arena_printf(mst_tx_arena(tx), &meta.value, "%lld", (long long)resource.id);
    return err != MST_OK ? err : mst_tx_insert(tx, MST_TABLE_META, &meta);
}

enum mst_err mst_domain_root(struct mst_tx *tx, int64_t *ret_id)
{
    struct mst_row_meta meta = {.name = MST_LIT(MST_META_ROOT)};
    enum mst_err err = mst_tx_get(tx, MST_IX_META, &meta);

    if (err != MST_OK)
        return err;
    return mst_span_i64(meta.value, ret_id) == MST_OK ? MST_OK : MST_ECORRUPT;
}

enum mst_err mst_domain_ensure_root(const struct mst_domain *domain, struct mst_tx *tx,
                                    bool *ret_is_new, struct mst_handle *ret_cik)
{
    struct mst_row_client client = {0};
    struct mst_key_seed seed;
    bool is_new = false;
    enum mst_err err = mst_domain_root(tx, &client.id);

    if (err == MST_OK) {
        err = mst_tx_get(tx, MST_IX_CLIENT, &client);
        if (err == MST_ENOENT)
            err = MST_ECORRUPT;
    } else if (err == MST_ENOENT) {
        is_new = true;
        err = insert_root(domain, tx, &client);
    }
    if (err != MST_OK)
        return err;
    seed = mst_client_seed(&client);
    err = domain->keys->mint(domain->keys->ctx, MST_HANDLE_CIK, &seed, ret_cik);
    if (err == MST_OK)
        *ret_is_new = is_new;
    return err;
}
