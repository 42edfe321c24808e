/*
 * How a store and its key file come to be, and find each other again.
 *
 *   store without rows, no key file    make the file; then one command writes store id, first
 *                                      generation and check values
 *   store without rows, key file       a start that ended in between, or a file put there for a
 *                                      further process: use it
 *   store with rows, no key file       refuse
 *   store with rows, key file          every kid that the store knows must be in the file and give
 *                                      the check value that the store keeps; so must the locator
 *
 * Two first starts cannot both win: the file is created exclusively, and the
 * store id is inserted or refused. The locator key is checked by the handle of
 * row 0, a row that no store ever has.
 */
#include <inttypes.h>

#include "base/hex.h"
#include "base/limits.h"
#include "server/command.h"
#include "server/keyring.h"
#include "sys/file.h"
#include "sys/random.h"

enum {
    FIRST_KID = 1,
    KEY_CHARS = 2 * MST_SECRET_KEY_BYTES,
    CHECK_CHARS = 2 * MST_CHECK_BYTES,
    STORE_ID_CHARS = 2 * MST_STORE_ID_BYTES
};
#define KEY_FILE_MAX MST_KIB(8) /* some lines of 80 characters, and comments */

struct file_key {
    uint32_t kid;
    struct mst_secret_key key;
};

struct key_file {
    struct mst_secret_key locator;
    bool has_locator;
    struct file_key rotating[MST_HANDLE_KEYS_MAX];
    size_t n_rotating;
};

/* ---- the file ---- */

static bool read_key(struct mst_span hex, struct mst_secret_key *ret_key)
{
    return mst_hex_decode(hex, ret_key->bytes, sizeof ret_key->bytes) == MST_OK;
}

static bool read_rotating(struct key_file *file, struct mst_span name, struct mst_span hex)
{
    struct file_key *slot = &file->rotating[file->n_rotating];
    uint64_t kid;

    if (file->n_rotating == MST_HANDLE_KEYS_MAX || mst_span_u64(name, UINT32_MAX, &kid) || kid == 0)
        return false;
    for (size_t i = 0; i < file->n_rotating; i++)
        if (file->rotating[i].kid == kid)
            return false;
    if (!read_key(hex, &slot->key))
        return false;
    slot->kid = (uint32_t)kid;
    file->n_rotating++;
    return true;
}

static bool read_line(struct key_file *file, struct mst_span line)
{
    struct mst_cur cur = mst_cur_of(mst_span_trim(line));
    struct mst_span name, hex;
    char first;

    if (!mst_cur_peek(&cur, &first) || first == '#')
        return true;
    if (!mst_cur_until(&cur, ' ', &name))
        return false;
    hex = mst_span_trim(mst_cur_rest(&cur));
    if (!mst_span_eq(name, MST_LIT("locator")))
        return read_rotating(file, name, hex);
    if (file->has_locator || !read_key(hex, &file->locator))
        return false;
    file->has_locator = true;
    return true;
}

static bool read_lines(struct key_file *file, struct mst_span text)
{
    struct mst_cur cur = mst_cur_of(text);
    struct mst_span line;

    while (!mst_cur_at_end(&cur)) {
        if (!mst_cur_until(&cur, '\n', &line))
            line = mst_cur_rest(&cur);
        if (!read_line(file, line))
            return false;
    }
    return file->has_locator && file->n_rotating > 0;
}

/*
 * Who but the owner may not touch the file. systemd gives a credential to the service's user by an
 * access list, and the list's mask then stands where the group's bits are: in its directory, which
 * nobody else can enter, reading by the group means nothing.
 */
static unsigned forbidden_bits(const char *path)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    struct mst_span name = mst_span_str(path);

    if (!dir || dir[0] != '/' || !mst_span_starts(name, mst_span_str(dir)))
        return 077;
    return mst_span_find(name, '/', strlen(dir)) == strlen(dir) ? 037 : 077;
}

static enum mst_err check_mode(const char *path, struct mst_buf *why)
{
    unsigned mode;
    enum mst_err err = mst_file_mode(path, &mode);

    if (err)
        return err;
    if (mode & forbidden_bits(path)) {
        (void)mst_buf_addf(why,
                           "key file %s is open to others (mode %04o): make it private with "
                           "chmod 600 %s",
                           path, mode, path);
        return MST_EKEY;
    }
    return MST_OK;
}

/* MST_ENOENT if there is none; *why is then left alone. */
static enum mst_err read_key_file(const char *path, struct key_file *ret_file, struct mst_buf *why)
{
    struct mst_buf text;
    enum mst_err err;

    mst_buf_init(&text, KEY_FILE_MAX);
    err = mst_file_read(path, KEY_FILE_MAX, &text);
    if (err == MST_ENOENT)
        goto out;
    if (err) {
        (void)mst_buf_addf(why, "key file %s cannot be read: %s", path, mst_err_text(err));
        goto out;
    }
    err = check_mode(path, why);
    if (err)
        goto out;
    if (!read_lines(ret_file, mst_buf_span(&text))) {
        (void)mst_buf_addf(why,
                           "%s is not a key file: it wants a line \"locator\" and one or more "
                           "numbered lines, each with 64 hexadecimal digits",
                           path);
        err = MST_EKEY;
    }
out:
    mst_buf_wipe(&text);
    mst_buf_fini(&text);
    return err;
}

static void add_random_key(struct mst_buf *text, const char *name)
{
    struct mst_secret_key key;
    char hex[KEY_CHARS];

    mst_random_bytes(key.bytes, sizeof key.bytes);
    mst_hex_encode(mst_span_of(key.bytes, sizeof key.bytes), hex);
    (void)mst_buf_addf(text, "%s ", name);
    (void)mst_buf_add(text, mst_span_of(hex, sizeof hex));
    (void)mst_buf_add_byte(text, '\n');
    mst_secret_wipe(&key, sizeof key);
    mst_secret_wipe(hex, sizeof hex);
}

/* Another process may be faster: its file is then the one. */
static enum mst_err make_key_file(const char *path, struct mst_buf *why)
{
    struct mst_buf text;
    char *room;
    enum mst_err err;

    mst_buf_init(&text, KEY_FILE_MAX);
    err = mst_buf_reserve(&text, KEY_FILE_MAX / 2, &room); /* never moved: no copy stays behind */
    add_random_key(&text, "locator");
    add_random_key(&text, "1");
    if (!err)
        err = mst_buf_err(&text);
    if (!err)
        err = mst_file_create(path, 0600, mst_buf_span(&text));
    mst_buf_wipe(&text);
    mst_buf_fini(&text);
    if (err == MST_EEXIST)
        err = MST_OK;
    if (err)
        (void)mst_buf_addf(why, "key file %s cannot be made: %s", path, mst_err_text(err));
    return err;
}

/* ---- the store ---- */

static enum mst_err look_for_rows(struct mst_store *store, bool *ret_has_rows)
{
    struct mst_row_meta meta = {.name = MST_LIT("store_id")};
    struct mst_reader *reader;
    struct mst_tx *tx;
    enum mst_err err = mst_reader_open(store, &reader);

    if (err)
        return err;
    err = mst_reader_begin(reader, &tx);
    if (!err) {
        err = mst_tx_get(tx, MST_IX_META, &meta);
        mst_reader_end(reader);
        if (!err)
            *ret_has_rows = true;
        else if (err == MST_ENOENT) {
            *ret_has_rows = false;
            err = MST_OK;
        }
    }
    mst_reader_close(reader);
    return err;
}

struct joining {
    const struct key_file *file;
    struct mst_server_keys *keys; /* filled anew by each run */
    const char *path;
    struct mst_buf *why;
};

static enum mst_err derive(const struct joining *joining, struct mst_span store_id_hex)
{
    uint8_t store_id[MST_STORE_ID_BYTES];
    struct mst_handle_keys *handles = &joining->keys->handles;
    enum mst_err err = MST_OK;

    if (mst_hex_decode(store_id_hex, store_id, sizeof store_id))
        return MST_ECORRUPT;
    memset(joining->keys, 0, sizeof *joining->keys);
    mst_handle_derive_locator(handles, &joining->file->locator, store_id);
    for (size_t i = 0; i < joining->file->n_rotating && !err; i++)
        err = mst_handle_derive_rotating(handles, joining->file->rotating[i].kid,
                                         &joining->file->rotating[i].key, store_id);
    return err;
}

/* The start of the handle of row 0 in the first generation. */
static enum mst_err locator_check(const struct mst_server_keys *keys, char ret_hex[CHECK_CHARS])
{
    struct mst_handle_parts parts = {.kind = MST_HANDLE_RID,
                                     .n = (uint64_t)keys->gens[0] << MST_ROW_BITS};
    struct mst_handle handle;
    enum mst_err err = mst_handle_make(&keys->handles, &parts, &handle);

    if (!err)
        memcpy(ret_hex, handle.text, CHECK_CHARS);
    return err;
}

static enum mst_err kid_check(const struct mst_server_keys *keys, uint32_t kid,
                              char ret_hex[CHECK_CHARS])
{
    uint8_t value[MST_CHECK_BYTES];
    enum mst_err err = mst_handle_check_value(&keys->handles, kid, value);

    if (!err)
        mst_hex_encode(mst_span_of(value, sizeof value), ret_hex);
    return err;
}

static enum mst_err insert_meta(struct mst_tx *tx, struct mst_span name, struct mst_span value)
{
    struct mst_row_meta meta = {.name = name, .value = value};

    return mst_tx_insert(tx, MST_TABLE_META, &meta);
}

static enum mst_err insert_kid(struct mst_tx *tx, const struct mst_server_keys *keys, uint32_t kid)
{
    char hex[CHECK_CHARS];
    struct mst_row_keyring row = {.kid = kid, .check_value = mst_span_of(hex, sizeof hex)};
    enum mst_err err = kid_check(keys, kid, hex);

    return err ? err : mst_tx_insert(tx, MST_TABLE_KEYRING, &row);
}

/* The first rows of a store. */
static enum mst_err found(struct joining *joining, struct mst_tx *tx)
{
    uint64_t random[2] = {mst_tx_random(tx), mst_tx_random(tx)};
    struct mst_row_gen gen = {.ix = 0, .gen = 0};
    char id[STORE_ID_CHARS], check[CHECK_CHARS];
    struct mst_server_keys *keys = joining->keys;
    enum mst_err err;

    _Static_assert(sizeof random == MST_STORE_ID_BYTES, "the store id is two random numbers");
    mst_hex_encode(mst_span_of(random, sizeof random), id);
    err = derive(joining, mst_span_of(id, sizeof id));
    if (err)
        return err;
    while (gen.gen == 0) /* 0 is left out: a number always has more than its row */
        gen.gen = (int64_t)(mst_tx_random(tx) >> (64 - MST_GEN_BITS));
    keys->gens[0] = (uint32_t)gen.gen;
    keys->n_gens = 1;
    err = insert_meta(tx, MST_LIT("store_id"), mst_span_of(id, sizeof id));
    if (!err)
        err = mst_tx_insert(tx, MST_TABLE_GEN, &gen);
    if (!err)
        err = locator_check(keys, check);
    if (!err)
        err = insert_meta(tx, MST_LIT("locator_check"), mst_span_of(check, sizeof check));
    for (size_t i = 0; i < joining->file->n_rotating && !err; i++) {
        err = insert_kid(tx, keys, joining->file->rotating[i].kid);
        if (joining->file->rotating[i].kid > keys->current_kid)
            keys->current_kid = joining->file->rotating[i].kid;
    }
    return err;
}

static enum mst_err take_gen(void *arg, const void *row)
{
    struct mst_server_keys *keys = arg;
    const struct mst_row_gen *gen = row;

    if (keys->n_gens == MST_GENS_MAX)
        return MST_EFULL;
    if (gen->ix != (int64_t)keys->n_gens || gen->gen <= 0 || gen->gen >> MST_GEN_BITS != 0)
        return MST_ECORRUPT;
    keys->gens[keys->n_gens] = (uint32_t)gen->gen;
    keys->n_gens++;
    return MST_OK;
}

static enum mst_err say_wrong(const struct joining *joining, const char *what)
{
    mst_buf_clear(joining->why);
    (void)mst_buf_addf(joining->why,
                       "key file %s does not belong to this store (%s): put back the one that the "
                       "store was made with, or name it with key_file",
                       joining->path, what);
    return MST_EKEY;
}

static enum mst_err check_kid(void *arg, const void *row)
{
    const struct joining *joining = arg;
    const struct mst_row_keyring *keyring = row;
    uint32_t kid = (uint32_t)keyring->kid;
    char hex[CHECK_CHARS];

    if (kid_check(joining->keys, kid, hex))
        return say_wrong(joining, "a numbered key is missing");
    if (!mst_secret_eq(keyring->check_value, mst_span_of(hex, sizeof hex)))
        return say_wrong(joining, "a numbered key is another one");
    if (kid > joining->keys->current_kid)
        joining->keys->current_kid = kid;
    return MST_OK;
}

/* The keys of a store that has rows. */
static enum mst_err recognise(struct joining *joining, struct mst_tx *tx, struct mst_span store_id)
{
    struct mst_scan gens = {.index = MST_IX_GEN, .key = &(struct mst_row_gen){.ix = 0}};
    struct mst_scan kids = {.index = MST_IX_KEYRING, .key = &(struct mst_row_keyring){.kid = 0}};
    struct mst_row_meta meta = {.name = MST_LIT("locator_check")};
    struct mst_server_keys *keys = joining->keys;
    char check[CHECK_CHARS];
    enum mst_err err = derive(joining, store_id);

    if (!err)
        err = mst_tx_scan(tx, &gens, take_gen, keys);
    if (!err)
        err = keys->n_gens ? locator_check(keys, check) : MST_ECORRUPT;
    if (!err)
        err = mst_tx_get(tx, MST_IX_META, &meta);
    if (err)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    if (!mst_secret_eq(meta.value, mst_span_of(check, sizeof check)))
        return say_wrong(joining, "its locator is another one");
    err = mst_tx_scan(tx, &kids, check_kid, joining);
    return !err && keys->current_kid == 0 ? MST_ECORRUPT : err;
}

static enum mst_err join(void *arg, struct mst_tx *tx)
{
    struct mst_row_meta meta = {.name = MST_LIT("store_id")};
    enum mst_err err = mst_tx_get(tx, MST_IX_META, &meta);

    if (err == MST_ENOENT)
        return found(arg, tx);
    return err ? err : recognise(arg, tx, meta.value);
}

enum mst_err mst_keyring_open(struct mst_store *store, const char *key_file,
                              struct mst_server_keys *ret_keys, struct mst_buf *why)
{
    struct key_file file = {.n_rotating = 0};
    struct joining joining = {.file = &file, .keys = ret_keys, .path = key_file, .why = why};
    bool has_rows;
    enum mst_err err = look_for_rows(store, &has_rows);

    if (err)
        goto out;
    err = read_key_file(key_file, &file, why);
    if (err == MST_ENOENT && has_rows) {
        (void)mst_buf_addf(why,
                           "key file %s is missing, and the keys of this store's devices cannot "
                           "be told without it: put it back, or name it with key_file",
                           key_file);
        err = MST_EKEY;
    } else if (err == MST_ENOENT) {
        err = make_key_file(key_file, why);
        if (!err)
            err = read_key_file(key_file, &file, why);
    }
    if (!err)
        err = mst_command_wait(store, MST_FILE_STATE, join, &joining);
out:
    mst_secret_wipe(&file, sizeof file);
    if (err && why->len == 0)
        (void)mst_buf_addf(why, "the store's keys cannot be read: %s", mst_err_text(err));
    return err;
}

/* ---- the root client ---- */

struct rooting {
    const struct mst_domain *domain;
    struct mst_handle cik;
};

static enum mst_err ensure_root(void *arg, struct mst_tx *tx)
{
    struct rooting *rooting = arg;
    bool is_new;

    return mst_domain_ensure_root(rooting->domain, tx, &is_new, &rooting->cik);
}

/* MST_ENOENT if there is no file, MST_EKEY if it holds another key. */
static enum mst_err compare_cik(const char *path, const struct mst_handle *cik)
{
    struct mst_span text;
    struct mst_buf buf;
    enum mst_err err;

    mst_buf_init(&buf, MST_KIB(1));
    err = mst_file_read(path, MST_KIB(1), &buf);
    text = mst_buf_span(&buf);
    if (!err && !mst_secret_eq(mst_span_cut(text, 0, MST_HANDLE_CHARS), mst_handle_span(cik)))
        err = MST_EKEY;
    mst_buf_wipe(&buf);
    mst_buf_fini(&buf);
    return err;
}

static enum mst_err write_cik(const char *path, const struct mst_handle *cik)
{
    char line[MST_HANDLE_CHARS + 1];
    enum mst_err err;

    memcpy(line, cik->text, MST_HANDLE_CHARS);
    line[MST_HANDLE_CHARS] = '\n';
    err = mst_file_create(path, 0600, mst_span_of(line, sizeof line));
    mst_secret_wipe(line, sizeof line);
    return err;
}

enum mst_err mst_keyring_ensure_root(struct mst_store *store, const struct mst_domain *domain,
                                     const char *cik_file, bool *ret_is_written,
                                     struct mst_buf *why)
{
    struct rooting rooting = {.domain = domain};
    bool is_written = false;
    enum mst_err err = mst_command_wait(store, MST_FILE_STATE, ensure_root, &rooting);

    if (err) {
        (void)mst_buf_addf(why, "the root client cannot be made: %s", mst_err_text(err));
        goto out;
    }
    err = compare_cik(cik_file, &rooting.cik);
    if (err == MST_ENOENT) {
        err = write_cik(cik_file, &rooting.cik);
        is_written = !err;
    }
    if (err == MST_EKEY)
        (void)mst_buf_addf(why,
                           "%s holds another key than this store's root client has: move it away "
                           "and start again, and it is written anew",
                           cik_file);
    else if (err)
        (void)mst_buf_addf(why, "%s cannot be read or written: %s", cik_file, mst_err_text(err));
    if (!err)
        *ret_is_written = is_written;
out:
    mst_secret_wipe(&rooting, sizeof rooting);
    return err;
}
