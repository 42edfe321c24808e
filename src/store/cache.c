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
 * An entry counts as long as its stripe <= s, whoever put it.
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
 * times may differ by a change that was acknowledged after the transaction began; one that another reader
 * put may be newer than the transaction's snapshot. Use cases
 * are written for that (design.md 5.10: correct under READ COMMITTED); whatever decides
 * runs as a command, and commands do not look here.
 *
 * Keys other than the primary. A change names the row by its primary key; that an index led to
 * it the committer need not know. So an entry found by another index counts only if the
 * stripe of its row's primary key is old enough too. "There is none" ends when a row with that key
 * comes: at an insert, or at an update of a field of the index.
 *
 * Memory. A row is packed (pack.h). The cache is cut into parts by the hash, each with a lock
 * of its own, which is held for one look, or until a new entry has room. A part is a table of
 * fixed length of chains, entries on the heap, all of it counted. What is too much goes by CLOCK along the table: an entry used since the hand last passed stays once
 * more. New ones begin unused, so that strangers' keys, asked for once, drive out each other.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/cache.h"
#include "store/pack.h"
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
    HEAP_WORD = 8,       /* what the heap keeps in front of an allocation */
    HEAP_STEP = 16,      /* and what it rounds up to */
    ENTRY_BYTES = 96,    /* about what an entry takes */
    CHAIN_ENTRIES = 2,   /* at most so many in a chain then */
    ENTRY_FRACTION = 16, /* an entry larger than this part of its part is not kept */
    CHAINS_MIN = 16,
    PARTS_MAX = 32,
    PART_BYTES = 512 * 1024, /* at least, if there is more than one */
    CACHE_LINE = 64
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
    uint32_t bytes;
    uint32_t primary; /* the stripe of the row's primary key; NO_STRIPE if the way goes by that */
    uint8_t index;
    bool is_absent; /* only the fields of the way are there */
    bool is_used;
    unsigned char packed[];
};

struct part {
    pthread_mutex_t lock;
    size_t hand;
    struct entry **chains;
    struct mst_rowcache_figures figures;
    char apart[CACHE_LINE]; /* two locks share no line of the processor's memory */
};

struct mst_rowcache {
    const struct mst_stripes *stripes;
    size_t n_parts, n_chains; /* powers of two; chains of each part */
    size_t part_bytes;
    struct part *parts;
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

static const struct mst_schema_table *table_of(enum mst_index number)
{
    return &mst_schema_tables[mst_schema_indexes[number].table];
}

static bool is_unchanged(const struct mst_stripes *stripes, enum mst_file file, uint32_t stripe,
                         uint64_t seq)
{
    return __atomic_load_n(&stripes->files[file].changed[stripe], __ATOMIC_RELAXED) <= seq;
}

static bool is_fresh(const struct mst_rowcache *cache, const struct entry *entry)
{
    enum mst_file file = table_of(entry->index)->file;

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

/* Is the row, unpacked from an entry of that way, the one of key? */
static bool is_of(enum mst_index number, const void *row, const void *key)
{
    const struct mst_schema_index *index = &mst_schema_indexes[number];
    const struct mst_schema_field *fields = table_of(number)->fields;
    bool is_equal = true;

    for (unsigned f = 0; f < way_fields[number] && is_equal; f++)
        is_equal = is_field_equal(&fields[index->fields[f]], row, key);
    return is_equal;
}

/* By the highest bits of the hash: those that choose a chain would leave most chains of a part empty. */
static struct part *part_of(const struct mst_rowcache *cache, uint64_t hash)
{
    return &cache->parts[hash >> 56 & (cache->n_parts - 1)];
}

static struct entry **chain_of(const struct mst_rowcache *cache, struct part *part, uint64_t hash)
{
    return &part->chains[hash >> MST_STRIPE_BITS & (cache->n_chains - 1)];
}

/* The link to the entry of key, whose row is unpacked; or the one at the chain's end. */
static struct entry **look_up(const struct mst_rowcache *cache, struct part *part,
                              enum mst_index number, uint64_t hash, const void *key, void *row)
{
    struct entry **link = chain_of(cache, part, hash);

    for (; *link; link = &(*link)->next) {
        if ((*link)->hash != hash || (*link)->index != number)
            continue;
        mst_unpack((*link)->packed, table_of(number), row);
        if (is_of(number, row, key))
            break;
    }
    return link;
}

static void drop(struct part *part, struct entry **link)
{
    struct entry *entry = *link;

    *link = entry->next;
    part->figures.bytes -= entry->bytes;
    part->figures.n_entries--;
    free(entry);
}

/* Room for bytes more: the hand moves on, from chain to chain. */
static void make_room(const struct mst_rowcache *cache, struct part *part, size_t bytes)
{
    while (part->figures.n_entries > 0 && part->figures.bytes + bytes > cache->part_bytes) {
        struct entry **link = &part->chains[part->hand];

        while (*link) {
            if (!(*link)->is_used) {
                drop(part, link);
                continue;
            }
            (*link)->is_used = false;
            link = &(*link)->next;
        }
        part->hand = (part->hand + 1) & (cache->n_chains - 1);
    }
}

/* ---- the whole ---- */

static enum mst_err part_init(struct part *part, size_t n_chains)
{
    part->chains = calloc(n_chains, sizeof(struct entry *));
    if (!part->chains)
        return MST_ENOMEM;
    (void)pthread_mutex_init(&part->lock, NULL);
    part->figures.bytes = sizeof *part + n_chains * sizeof(struct entry *);
    return MST_OK;
}

static void part_fini(struct part *part, size_t n_chains)
{
    if (!part->chains)
        return;
    for (size_t i = 0; i < n_chains; i++)
        while (part->chains[i])
            drop(part, &part->chains[i]);
    free(part->chains);
    (void)pthread_mutex_destroy(&part->lock);
}

enum mst_err mst_rowcache_new(const struct mst_stripes *stripes, size_t max_bytes,
                              struct mst_rowcache **ret_cache)
{
    struct mst_rowcache *cache = calloc(1, sizeof *cache);
    enum mst_err err = MST_OK;

    if (!cache)
        return MST_ENOMEM;
    cache->stripes = stripes;
    cache->n_parts = 1;
    while (cache->n_parts < PARTS_MAX && max_bytes / cache->n_parts / 2 >= PART_BYTES)
        cache->n_parts *= 2;
    cache->part_bytes = max_bytes / cache->n_parts;
    cache->n_chains = CHAINS_MIN;
    while (cache->n_chains < cache->part_bytes / ENTRY_BYTES / CHAIN_ENTRIES)
        cache->n_chains *= 2;
    cache->parts = calloc(cache->n_parts, sizeof *cache->parts);
    if (!cache->parts) {
        free(cache);
        return MST_ENOMEM;
    }
    for (size_t i = 0; i < cache->n_parts && err == MST_OK; i++)
        err = part_init(&cache->parts[i], cache->n_chains);
    if (err != MST_OK) {
        mst_rowcache_free(cache);
        return err;
    }
    *ret_cache = cache;
    return MST_OK;
}

void mst_rowcache_free(struct mst_rowcache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < cache->n_parts; i++)
        part_fini(&cache->parts[i], cache->n_chains);
    free(cache->parts);
    free(cache);
}

void mst_rowcache_figures(const struct mst_rowcache *cache,
                          struct mst_rowcache_figures *ret_figures)
{
    *ret_figures = (struct mst_rowcache_figures){0};
    for (size_t i = 0; i < cache->n_parts; i++) {
        struct part *part = &cache->parts[i];

        (void)pthread_mutex_lock(&part->lock);
        ret_figures->n_entries += part->figures.n_entries;
        ret_figures->bytes += part->figures.bytes;
        (void)pthread_mutex_unlock(&part->lock);
    }
}

/* ---- finding ---- */

/* What was unpacked, its text moved to the arena. */
static enum mst_err copy_out(const struct mst_schema_table *table, void *unpacked,
                             struct mst_arena *arena, void *row)
{
    enum mst_err err = MST_OK;

    for (size_t f = 0; f < table->n_fields && err == MST_OK; f++) {
        const struct mst_schema_field *field = &table->fields[f];
        struct mst_span text;

        if (field->type == MST_FIELD_INT)
            continue;
        text = mst_row_text(unpacked, field);
        if (text.len > 0)
            err = mst_arena_dup(arena, text, &text);
        mst_row_set_text(unpacked, field, text);
    }
    if (err == MST_OK)
        memcpy(row, unpacked, table->row_bytes);
    return err;
}

static bool find(struct mst_rowcache *cache, struct part *part, enum mst_index index, uint64_t hash,
                 struct mst_arena *arena, void *row, enum mst_err *ret_err)
{
    union mst_any_row unpacked;
    struct entry **link = look_up(cache, part, index, hash, row, &unpacked);
    struct entry *entry = *link;

    if (!entry)
        return false;
    if (!is_fresh(cache, entry)) {
        drop(part, link);
        return false;
    }
    entry->is_used = true;
    *ret_err = entry->is_absent ? MST_ENOENT : copy_out(table_of(index), &unpacked, arena, row);
    return true;
}

bool mst_rowcache_find(struct mst_rowcache *cache, enum mst_index index, unsigned n_fixed,
                       struct mst_arena *arena, void *row, enum mst_err *ret_err)
{
    struct part *part;
    uint64_t hash;
    bool is_found;

    if (way_fields[index] != n_fixed)
        return false;
    hash = hash_key(cache->stripes, index, n_fixed, row);
    part = part_of(cache, hash);
    (void)pthread_mutex_lock(&part->lock);
    is_found = find(cache, part, index, hash, arena, row, ret_err);
    (void)pthread_mutex_unlock(&part->lock);
    return is_found;
}

/* ---- keeping ---- */

static uint64_t way_mask(enum mst_index number)
{
    uint64_t mask = 0;

    for (unsigned f = 0; f < way_fields[number]; f++)
        mask |= UINT64_C(1) << mst_schema_indexes[number].fields[f];
    return mask;
}

/* NULL: it would be too large, or there is no memory. */
static struct entry *make_entry(const struct mst_rowcache *cache, enum mst_index index,
                                const void *key, const void *found)
{
    const struct mst_schema_table *table = table_of(index);
    const void *row = found ? found : key;
    size_t max = offsetof(struct entry, packed) + mst_pack_max(table, row);
    struct entry *entry, *fitting;
    size_t size;

    if (max > cache->part_bytes / ENTRY_FRACTION)
        return NULL;
    entry = malloc(max);
    if (!entry)
        return NULL;
    size = offsetof(struct entry, packed) +
           mst_pack(entry->packed, table, found ? UINT64_MAX : way_mask(index), row);
    fitting = realloc(entry, size);
    if (fitting)
        entry = fitting;
    entry->bytes = (uint32_t)((size + HEAP_WORD + HEAP_STEP - 1) / HEAP_STEP * HEAP_STEP);
    entry->index = (uint8_t)index;
    entry->is_absent = !found;
    entry->is_used = false;
    return entry;
}

/* Another reader may have put the same one meanwhile: the newer view counts. */
static bool insert(struct mst_rowcache *cache, struct part *part, struct entry *entry,
                   const void *key)
{
    union mst_any_row unpacked;
    struct entry **link =
        look_up(cache, part, (enum mst_index)entry->index, entry->hash, key, &unpacked);

    if (*link && (*link)->seq > entry->seq)
        return false;
    if (*link)
        drop(part, link);
    make_room(cache, part, entry->bytes);
    link = chain_of(cache, part, entry->hash);
    entry->next = *link;
    *link = entry;
    part->figures.bytes += entry->bytes;
    part->figures.n_entries++;
    return true;
}

void mst_rowcache_put(struct mst_rowcache *cache, enum mst_index index, unsigned n_fixed,
                      const void *key, const void *found, uint64_t seq)
{
    struct entry *entry;
    struct part *part;
    bool is_kept;

    if (way_fields[index] != n_fixed)
        return;
    entry = make_entry(cache, index, key, found);
    if (!entry)
        return;
    entry->hash = hash_key(cache->stripes, index, n_fixed, key);
    entry->seq = seq;
    entry->primary = NO_STRIPE;
    if (found && !is_by_primary(index))
        entry->primary =
            stripe_of(primary_hash(cache->stripes, mst_schema_indexes[index].table, found));
    part = part_of(cache, entry->hash);
    (void)pthread_mutex_lock(&part->lock);
    is_kept = insert(cache, part, entry, key);
    (void)pthread_mutex_unlock(&part->lock);
    if (!is_kept)
        free(entry);
}
