/*
 * The row cache.
 *
 *   ways      a row is cached by the way it is asked for: a unique index with all its
 *             fields, or a leading part of an index for its last row
 *   stripes   each file has an array of numbers. A key (way and field values) belongs to the
 *             stripe that its hash names. The stripe holds the number of the last published
 *             commit that touched one of its keys
 *   seq       each file's count of published commits
 *   entry     a row or "there is none", with the seq noted before the snapshot was begun in
 *             which it was found
 *
 * The committer, for commit number n:   commit is durable
 *                                       stripes of all touched keys := n
 *                                       seq := n                       (release)
 *                                       done() of every command
 * A reader:                             s := seq                       (acquire)
 *                                       begin the snapshot, look, keep the entry with s
 *                                       (a view shared by several requests keeps its s)
 * An entry counts as long as its stripe <= s.
 *
 * Why no entry is used that an acknowledged change has made stale. Let commit n change key
 * k, let its done() have been called, and let that be known to whoever now asks (a
 * happens-before: through the queues between threads, or through the network and the
 * kernel). Then n is what he sees in k's stripe, or more, for it was stored before done(). An entry
 * with s < n does not count. An entry with s >= n was found in a snapshot begun after its
 * reader saw seq >= n, so after commit n was durable; its snapshot shows n.
 *
 * What is between commit and publication may be seen or not: nobody has been told. An
 * entry found in a snapshot newer than its s is thrown away at the publication; so is one whose
 * stripe another key shares. Both cost one look into the file. What a batch touched that was
 * rolled back is published with the next one, at the same cost. Each number is stored by one thread, and
 * a coherent word of memory never goes back, so relaxed stripes and one release/acquire pair
 * on seq are all the order it needs.
 *
 * What it does not promise: rows of one read transaction that were found at different
 * times may differ by a change that was acknowledged after the transaction began. Use cases
 * are written for that (design.md 5.10: correct under READ COMMITTED); whatever decides
 * runs as a command, and commands do not look here.
 *
 * Keys other than the primary. A change names the row by its primary key; that an index led to
 * it the committer need not know. So an entry found by another index counts only if the
 * stripe of its row's primary key is old enough too. "There is none" ends when a row with that key
 * comes: at an insert, or at an update of a field of the index.
 *
 * Memory. A table of chains of fixed length, entries on the heap, all of it counted. What is too
 * much goes by CLOCK along the table: an entry used since the hand last passed stays once
 * more. New ones begin unused, so that strangers' keys, asked for once, drive out each other.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/cache.h"

#include "sys/defect.h"
#include "sys/random.h"

/*
 * How many leading fields each way goes by; 0 = not worth caching. These are what a
 * request of a device or a manager looks up on the loop.
 */
static const unsigned way_fields[MST_INDEX_COUNT] = {
    [MST_IX_VENDOR] = 1,     [MST_IX_VENDOR_CLIENT] = 1, [MST_IX_TOKEN] = 1,
    [MST_IX_MODEL_NAME] = 2, [MST_IX_RESOURCE] = 1,      [MST_IX_CLIENT] = 1,
    [MST_IX_ALIAS] = 2,      [MST_IX_POINT] = 1, /* the last one: the latest value */
    [MST_IX_META] = 1, /* whether there are keys from elsewhere, asked about every wrong one */
    [MST_IX_FOREIGN_CIK] = 1};

enum {
    HEAP_OVERHEAD = 16,  /* of one allocation */
    ENTRY_BYTES = 256,   /* about what an entry takes: one chain each */
    ENTRY_FRACTION = 16, /* an entry larger than this part of the cache is not kept */
    CHAINS_MIN = 16
};

#define NO_STRIPE UINT32_MAX

struct file_stripes {
    uint64_t seq;
    uint64_t changed[MST_STRIPE_COUNT];
};

struct mst_stripes {
    uint64_t secret[2]; /* nobody outside can choose keys that share a chain */
    struct file_stripes files[MST_FILE_COUNT];
};

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t seq;
    size_t bytes;
    uint32_t primary; /* the stripe of the row's primary key; NO_STRIPE if the way goes by that */
    enum mst_index index;
    bool is_absent; /* only the fields of the way are filled */
    bool is_used;
    union {
        int64_t aligned;
        char bytes[8]; /* the row, and behind it its text */
    } row[];
};

struct mst_rowcache {
    const struct mst_stripes *stripes;
    size_t max_bytes;
    size_t n_chains; /* a power of two */
    size_t hand;
    struct entry **chains;
    struct mst_rowcache_figures figures;
};

/* ---- hashing ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_text(uint64_t hash, uint64_t secret, struct mst_span text)
{
    uint64_t word;
    size_t at = 0;

    hash = mix(hash ^ text.len, secret);
    for (; at + sizeof word <= text.len; at += sizeof word) {
        memcpy(&word, &text.ptr[at], sizeof word);
        hash = mix(hash ^ word, secret);
    }
    if (at == text.len)
        return hash;
    word = 0;
    memcpy(&word, &text.ptr[at], text.len - at);
    return mix(hash ^ word, secret);
}

/* Of the first n fields of an index. The low bits name the stripe. */
static uint64_t hash_key(const struct mst_stripes *stripes, enum mst_index number, unsigned n,
                         const void *row)
{
    const struct mst_schema_index *index = &mst_schema_indexes[number];
    const struct mst_schema_field *fields = mst_schema_tables[index->table].fields;
    uint64_t secret = stripes->secret[1];
    uint64_t hash = mix(stripes->secret[0] ^ (uint64_t)number, secret);

    for (unsigned f = 0; f < n; f++) {
        const struct mst_schema_field *field = &fields[index->fields[f]];

        hash = field->type == MST_FIELD_INT ? mix(hash ^ (uint64_t)mst_row_int(row, field), secret)
                                            : hash_text(hash, secret, mst_row_text(row, field));
    }
    return hash;
}

static uint32_t stripe_of(uint64_t hash)
{
    return (uint32_t)(hash & (MST_STRIPE_COUNT - 1));
}

/* ---- stripes ---- */

enum mst_err mst_stripes_new(struct mst_stripes **ret_stripes)
{
    struct mst_stripes *stripes = calloc(1, sizeof *stripes);

    if (!stripes)
        return MST_ENOMEM;
    stripes->secret[0] = mst_random_u64();
    stripes->secret[1] = mst_random_u64() | 1;
    *ret_stripes = stripes;
    return MST_OK;
}

void mst_stripes_free(struct mst_stripes *stripes)
{
    free(stripes);
}

uint64_t mst_stripes_seq(const struct mst_stripes *stripes, enum mst_file file)
{
    return __atomic_load_n(&stripes->files[file].seq, __ATOMIC_ACQUIRE);
}

static void touch(struct mst_touched *touched, uint64_t hash)
{
    uint32_t stripe = stripe_of(hash);

    touched->bits[stripe / 64] |= UINT64_C(1) << stripe % 64;
    touched->is_any = true;
}

static bool is_by_primary(enum mst_index number)
{
    return mst_schema_indexes[number].is_primary;
}

void mst_touched_row(struct mst_touched *touched, const struct mst_stripes *stripes,
                     enum mst_table table, const void *row)
{
    for (int i = 0; i < MST_INDEX_COUNT; i++)
        if (way_fields[i] > 0 && mst_schema_indexes[i].table == table)
            touch(touched, hash_key(stripes, (enum mst_index)i, way_fields[i], row));
    mst_touched_key(touched, stripes, table, row);
}

/* The stripe by which entries of other ways than the primary key's are ended. */
static uint64_t primary_hash(const struct mst_stripes *stripes, enum mst_table table,
                             const void *row)
{
    enum mst_index primary = mst_schema_tables[table].primary;
    unsigned n = way_fields[primary];

    return hash_key(stripes, primary, n > 0 ? n : mst_schema_indexes[primary].n_fields, row);
}

void mst_touched_key(struct mst_touched *touched, const struct mst_stripes *stripes,
                     enum mst_table table, const void *row)
{
    for (int i = 0; i < MST_INDEX_COUNT; i++)
        if (way_fields[i] > 0 && mst_schema_indexes[i].table == table) {
            touch(touched, primary_hash(stripes, table, row));
            return;
        }
}

bool mst_touched_is_rekeyed(enum mst_table table, uint64_t mask)
{
    for (int i = 0; i < MST_INDEX_COUNT; i++) {
        const struct mst_schema_index *index = &mst_schema_indexes[i];

        for (unsigned f = 0; f < way_fields[i] && index->table == table; f++)
            if ((mask >> index->fields[f] & 1) != 0)
                return true;
    }
    return false;
}

void mst_stripes_publish(struct mst_stripes *stripes, enum mst_file file,
                         struct mst_touched *touched)
{
    struct file_stripes *to = &stripes->files[file];
    uint64_t seq = __atomic_load_n(&to->seq, __ATOMIC_RELAXED) + 1;
    bool is_hidden = mst_defect(MST_DEFECT_STALE_CACHE);

    for (size_t w = 0; w < MST_STRIPE_COUNT / 64 && touched->is_any; w++) {
        uint64_t bits = is_hidden ? 0 : touched->bits[w];

        for (; bits != 0; bits &= bits - 1)
            __atomic_store_n(&to->changed[w * 64 + (size_t)__builtin_ctzll(bits)], seq,
                             __ATOMIC_RELAXED);
        touched->bits[w] = 0;
    }
    touched->is_any = false;
    __atomic_store_n(&to->seq, seq, __ATOMIC_RELEASE);
}

/* ---- entries ---- */

static bool is_unchanged(const struct mst_stripes *stripes, enum mst_file file, uint32_t stripe,
                         uint64_t seq)
{
    return __atomic_load_n(&stripes->files[file].changed[stripe], __ATOMIC_RELAXED) <= seq;
}

static bool is_fresh(const struct mst_rowcache *cache, const struct entry *entry)
{
    enum mst_file file = mst_schema_tables[mst_schema_indexes[entry->index].table].file;

    return is_unchanged(cache->stripes, file, stripe_of(entry->hash), entry->seq) &&
           (entry->primary == NO_STRIPE ||
            is_unchanged(cache->stripes, file, entry->primary, entry->seq));
}

static bool is_field_equal(const struct mst_schema_field *field, const void *a, const void *b)
{
    if (field->type == MST_FIELD_INT)
        return mst_row_int(a, field) == mst_row_int(b, field);
    return mst_span_eq(mst_row_text(a, field), mst_row_text(b, field));
}

static bool is_for(const struct entry *entry, enum mst_index number, uint64_t hash, const void *key)
{
    const struct mst_schema_index *index = &mst_schema_indexes[number];
    const struct mst_schema_field *fields = mst_schema_tables[index->table].fields;
    bool is_equal = entry->hash == hash && entry->index == number;

    for (unsigned f = 0; f < way_fields[number] && is_equal; f++)
        is_equal = is_field_equal(&fields[index->fields[f]], entry->row, key);
    return is_equal;
}

static struct entry **chain_of(const struct mst_rowcache *cache, uint64_t hash)
{
    return &cache->chains[hash >> MST_STRIPE_BITS & (cache->n_chains - 1)];
}

static void drop(struct mst_rowcache *cache, struct entry **link)
{
    struct entry *entry = *link;

    *link = entry->next;
    cache->figures.bytes -= entry->bytes;
    cache->figures.n_entries--;
    free(entry);
}

/* Room for bytes more: the hand moves on, from chain to chain. */
static void make_room(struct mst_rowcache *cache, size_t bytes)
{
    while (cache->figures.n_entries > 0 && cache->figures.bytes + bytes > cache->max_bytes) {
        struct entry **link = &cache->chains[cache->hand];

        while (*link) {
            if (!(*link)->is_used) {
                drop(cache, link);
                continue;
            }
            (*link)->is_used = false;
            link = &(*link)->next;
        }
        cache->hand = (cache->hand + 1) & (cache->n_chains - 1);
    }
}

enum mst_err mst_rowcache_new(const struct mst_stripes *stripes, size_t max_bytes,
                              struct mst_rowcache **ret_cache)
{
    struct mst_rowcache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return MST_ENOMEM;
    cache->stripes = stripes;
    cache->max_bytes = max_bytes;
    cache->n_chains = CHAINS_MIN;
    while (cache->n_chains < max_bytes / ENTRY_BYTES / 2)
        cache->n_chains *= 2;
    cache->figures.bytes = sizeof *cache + cache->n_chains * sizeof(struct entry *);
    cache->chains = calloc(cache->n_chains, sizeof(struct entry *));
    if (!cache->chains) {
        free(cache);
        return MST_ENOMEM;
    }
    *ret_cache = cache;
    return MST_OK;
}

void mst_rowcache_free(struct mst_rowcache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < cache->n_chains; i++)
        while (cache->chains[i])
            drop(cache, &cache->chains[i]);
    free(cache->chains);
    free(cache);
}

void mst_rowcache_figures(const struct mst_rowcache *cache,
                          struct mst_rowcache_figures *ret_figures)
{
    *ret_figures = cache->figures;
}

/* ---- finding ---- */

static enum mst_err copy_out(const struct entry *entry, struct mst_arena *arena, void *row)
{
    const struct mst_schema_table *table =
        &mst_schema_tables[mst_schema_indexes[entry->index].table];
    int64_t copy[sizeof(union mst_any_row) / sizeof(int64_t)];
    enum mst_err err = MST_OK;

    memcpy(copy, entry->row, table->row_bytes);
    for (size_t f = 0; f < table->n_fields && err == MST_OK; f++) {
        const struct mst_schema_field *field = &table->fields[f];
        struct mst_span text;

        if (field->type == MST_FIELD_INT)
            continue;
        text = mst_row_text(copy, field);
        if (text.len > 0)
            err = mst_arena_dup(arena, text, &text);
        else
            text = mst_span_of(NULL, 0);
        mst_row_set_text(copy, field, text);
    }
    if (err == MST_OK)
        memcpy(row, copy, table->row_bytes);
    return err;
}

bool mst_rowcache_find(struct mst_rowcache *cache, enum mst_index index, unsigned n_fixed,
                       struct mst_arena *arena, void *row, enum mst_err *ret_err)
{
    struct entry **link;
    uint64_t hash;

    if (way_fields[index] != n_fixed)
        return false;
    hash = hash_key(cache->stripes, index, n_fixed, row);
    link = chain_of(cache, hash);
    while (*link && !is_for(*link, index, hash, row))
        link = &(*link)->next;
    if (*link && !is_fresh(cache, *link))
        drop(cache, link);
    else if (*link) {
        struct entry *entry = *link;

        entry->is_used = true;
        cache->figures.n_found++;
        *ret_err = entry->is_absent ? MST_ENOENT : copy_out(entry, arena, row);
        return true;
    }
    cache->figures.n_missed++;
    return false;
}

/* ---- keeping ---- */

static uint64_t way_mask(enum mst_index number)
{
    uint64_t mask = 0;

    for (unsigned f = 0; f < way_fields[number]; f++)
        mask |= UINT64_C(1) << mst_schema_indexes[number].fields[f];
    return mask;
}

static size_t text_bytes(const struct mst_schema_table *table, uint64_t mask, const void *row)
{
    size_t bytes = 0;

    for (size_t f = 0; f < table->n_fields; f++)
        if ((mask >> f & 1) != 0 && table->fields[f].type == MST_FIELD_TEXT)
            bytes += mst_row_text(row, &table->fields[f]).len;
    return bytes;
}

/* The fields in mask, their text laid behind the row; the others stay zero. */
static void fill(struct entry *entry, const struct mst_schema_table *table, uint64_t mask,
                 const void *row)
{
    size_t at = table->row_bytes;

    for (size_t f = 0; f < table->n_fields; f++) {
        const struct mst_schema_field *field = &table->fields[f];
        struct mst_span text;
        char *to = &((char *)entry->row)[at];

        if ((mask >> f & 1) == 0)
            continue;
        if (field->type == MST_FIELD_INT) {
            mst_row_set_int(entry->row, field, mst_row_int(row, field));
            continue;
        }
        text = mst_row_text(row, field);
        if (text.len > 0)
            memcpy(to, text.ptr, text.len);
        mst_row_set_text(entry->row, field, mst_span_of(to, text.len));
        at += text.len;
    }
}

void mst_rowcache_put(struct mst_rowcache *cache, enum mst_index index, unsigned n_fixed,
                      const void *key, const void *found, uint64_t seq)
{
    enum mst_table number = mst_schema_indexes[index].table;
    const struct mst_schema_table *table = &mst_schema_tables[number];
    uint64_t mask = found ? UINT64_MAX : way_mask(index);
    const void *row = found ? found : key;
    struct entry *entry, **chain;
    size_t size, bytes;

    if (way_fields[index] != n_fixed)
        return;
    size = sizeof *entry + table->row_bytes + text_bytes(table, mask, row);
    bytes = size + HEAP_OVERHEAD;
    if (bytes > cache->max_bytes / ENTRY_FRACTION)
        return;
    make_room(cache, bytes);
    entry = calloc(1, size);
    if (!entry)
        return;
    entry->hash = hash_key(cache->stripes, index, n_fixed, key);
    entry->seq = seq;
    entry->bytes = bytes;
    entry->primary = found && !is_by_primary(index)
                         ? stripe_of(primary_hash(cache->stripes, number, found))
                         : NO_STRIPE;
    entry->index = index;
    entry->is_absent = !found;
    fill(entry, table, mask, row);
    chain = chain_of(cache, entry->hash);
    entry->next = *chain;
    *chain = entry;
    cache->figures.bytes += bytes;
    cache->figures.n_entries++;
}
