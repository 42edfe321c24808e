/*
 * The memory store.
 *
 *   tables     table.h; all that is committed, and during a batch also what it wrote
 *   undo log   old and new row of each change, in order; a refused command is undone back
 *              to where it began, a batch back to the start
 *   graves     rows that are out of their table but whose text may still be in use; they
 *              are freed when the batch has been answered and no reader looks
 *   gate       a batch holds it alone while it runs and commits; readers hold it together.
 *              So a reader sees whole commits, and everything acknowledged before it began
 *
 * Each file has its committer thread as in the real engines. Inline, there is no
 * thread and no gate: submit works through all that waits, and a command that a
 * done call submits waits for the one being answered.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "store/memory/memory.h"

#include "base/limits.h"
#include "store/changes.h"
#include "store/memory/table.h"
#include "store/window.h"
#include "sys/queue.h"
#include "sys/random.h"

struct change {
    struct mst_mem_table *table;
    void *old_row;
    void *new_row;
};

struct row_list {
    void **rows;
    size_t n_rows;
    size_t cap;
};

struct mem_tx {
    struct mst_tx tx;
    struct memory *memory;
    struct committer *committer; /* NULL: a reader's, who may look at all files */
    bool has_reset_clock;
};

struct committer {
    struct memory *memory;
    enum mst_file file;
    struct mst_queue *queue;
    struct mst_thread *thread;
    struct mst_arena arena;
    struct row_list graves;
    struct mst_changes changes;
};

struct memory {
    struct mst_store store;
    struct mst_memory_opts opts;
    struct mst_mem_table tables[MST_TABLE_COUNT];
    struct change *changes;
    size_t n_changes;
    size_t changes_cap;
    struct mst_window_mark mark;
    uint64_t random_state;
    pthread_rwlock_t gate;
    size_t n_inline_readers;
    struct committer committers[MST_FILE_COUNT];
    struct mst_cmd *inline_first, *inline_last;
    bool is_inline_running;
};

struct mem_reader {
    struct mst_reader reader;
    struct memory *memory;
    struct mst_arena arena;
    struct mem_tx mem_tx;
};

static struct memory *memory_of(struct mst_tx *tx)
{
    return ((struct mem_tx *)tx)->memory;
}

static struct committer *committer_of(struct mst_tx *tx)
{
    return ((struct mem_tx *)tx)->committer;
}

static struct mst_mem_table *table_of(struct mst_tx *tx, enum mst_table number)
{
    const struct mem_tx *mem_tx = (const struct mem_tx *)tx;

    assert(!mem_tx->committer || mst_schema_tables[number].file == mem_tx->committer->file);
    return &mem_tx->memory->tables[number];
}

/* ---- changes and graves ---- */

static enum mst_err reserve_rows(struct row_list *list, size_t n)
{
    void **rows;

    if (n <= list->cap)
        return MST_OK;
    rows = reallocarray(list->rows, n * 2, sizeof *rows);
    if (!rows)
        return MST_ENOMEM;
    list->rows = rows;
    list->cap = n * 2;
    return MST_OK;
}

/* Room for one more change, its undoing and the grave it may need. */
static enum mst_err reserve_change(struct committer *committer, struct mst_mem_table *table)
{
    struct memory *memory = committer->memory;

    if (memory->n_changes == memory->changes_cap) {
        size_t cap = memory->changes_cap ? memory->changes_cap * 2 : 64;
        struct change *changes = reallocarray(memory->changes, cap, sizeof *changes);

        if (!changes)
            return MST_ENOMEM;
        memory->changes = changes;
        memory->changes_cap = cap;
    }
    if (reserve_rows(&committer->graves, committer->graves.n_rows + memory->n_changes + 1))
        return MST_ENOMEM;
    return mst_mem_table_reserve(table);
}

static void bury(struct row_list *graves, void *row)
{
    if (row)
        graves->rows[graves->n_rows++] = row;
}

static void clear_graves(struct row_list *graves)
{
    for (size_t i = 0; i < graves->n_rows; i++)
        free(graves->rows[i]);
    graves->n_rows = 0;
}

static void make_change(struct committer *committer, enum mst_table number, void *old_row,
                        void *new_row)
{
    struct memory *memory = committer->memory;
    struct mst_mem_table *table = &memory->tables[number];

    mst_mem_table_replace(table, old_row, new_row);
    memory->changes[memory->n_changes++] = (struct change){table, old_row, new_row};
    mst_changes_note(&committer->changes, &memory->store, number, old_row ? old_row : new_row);
}

static void undo_to(struct committer *committer, size_t n_changes)
{
    struct memory *memory = committer->memory;

    while (memory->n_changes > n_changes) {
        const struct change *change = &memory->changes[--memory->n_changes];

        mst_mem_table_replace(change->table, change->new_row, change->old_row);
        bury(&committer->graves, change->new_row);
    }
}

static void keep_changes(struct committer *committer)
{
    struct memory *memory = committer->memory;

    for (size_t i = 0; i < memory->n_changes; i++)
        bury(&committer->graves, memory->changes[i].old_row);
    memory->n_changes = 0;
}

/* ---- operations of a transaction ---- */

static enum mst_err tx_get(struct mst_tx *tx, enum mst_index index, void *row)
{
    const struct mst_mem_table *table = table_of(tx, mst_schema_indexes[index].table);
    const void *found;

    assert(mst_schema_indexes[index].is_unique);
    found = mst_mem_table_find(table, index, row);
    if (!found)
        return MST_ENOENT;
    memcpy(row, found, table->schema->row_bytes);
    return MST_OK;
}

static enum mst_err give_id(struct mst_mem_table *table, void *row)
{
    const struct mst_schema_field *id = &table->schema->fields[0];
    int64_t given = mst_row_int(row, id);

    if (given == 0) {
        if (table->last_id >= (INT64_C(1) << MST_ROW_BITS) - 1)
            return MST_EFULL;
        given = table->last_id + 1;
        mst_row_set_int(row, id, given);
    }
    if (given > table->last_id)
        table->last_id = given;
    return MST_OK;
}

static enum mst_err tx_insert(struct mst_tx *tx, enum mst_table number, void *row)
{
    struct mst_mem_table *table = table_of(tx, number);
    const struct mst_schema_field *id = &table->schema->fields[0];
    int64_t given = table->schema->is_rowid ? mst_row_int(row, id) : 0;
    enum mst_err err = reserve_change(committer_of(tx), table);
    void *copy = NULL;

    if (err != MST_OK)
        return err;
    if (mst_mem_table_is_taken(table, row, NULL))
        return MST_EEXIST;
    if (table->schema->is_rowid)
        err = give_id(table, row);
    if (err != MST_OK)
        return err;
    copy = mst_mem_row_dup(table, row);
    if (!copy) {
        if (table->schema->is_rowid)
            mst_row_set_int(row, id, given);
        return MST_ENOMEM;
    }
    make_change(committer_of(tx), number, NULL, copy);
    ((struct mem_tx *)tx)->has_reset_clock |= mst_window_is_reset(number, row);
    return MST_OK;
}

static void copy_masked(const struct mst_schema_table *schema, uint64_t mask, const void *from,
                        void *to)
{
    for (size_t f = 0; f < schema->n_fields; f++) {
        const struct mst_schema_field *field = &schema->fields[f];

        if ((mask >> f & 1) == 0)
            continue;
        if (field->type == MST_FIELD_TEXT)
            mst_row_set_text(to, field, mst_row_text(from, field));
        else
            mst_row_set_int(to, field, mst_row_int(from, field));
    }
}

/* The row as it will be, on the heap. */
static enum mst_err merge(const struct mst_mem_table *table, const void *old_row, const void *row,
                          uint64_t mask, void **ret_row)
{
    void *merged = malloc(table->schema->row_bytes);

    if (!merged)
        return MST_ENOMEM;
    memcpy(merged, old_row, table->schema->row_bytes);
    copy_masked(table->schema, mask, row, merged);
    *ret_row = mst_mem_row_dup(table, merged);
    free(merged);
    return *ret_row ? MST_OK : MST_ENOMEM;
}

static enum mst_err tx_update(struct mst_tx *tx, enum mst_table number, const void *row,
                              uint64_t mask)
{
    struct mst_mem_table *table = table_of(tx, number);
    void *old_row = mst_mem_table_find(table, table->schema->primary, row);
    void *new_row = NULL;
    enum mst_err err;

    if (!old_row)
        return MST_ENOENT;
    err = reserve_change(committer_of(tx), table);
    if (err == MST_OK)
        err = merge(table, old_row, row, mask, &new_row);
    if (err != MST_OK)
        return err;
    if (mst_mem_table_is_taken(table, new_row, old_row)) {
        free(new_row);
        return MST_EEXIST;
    }
    make_change(committer_of(tx), number, old_row, new_row);
    ((struct mem_tx *)tx)->has_reset_clock |= mst_window_is_reset(number, new_row);
    return MST_OK;
}

static enum mst_err tx_erase(struct mst_tx *tx, enum mst_table number, const void *row)
{
    struct mst_mem_table *table = table_of(tx, number);
    void *old_row = mst_mem_table_find(table, table->schema->primary, row);
    enum mst_err err;

    if (!old_row)
        return MST_ENOENT;
    err = reserve_change(committer_of(tx), table);
    if (err == MST_OK)
        make_change(committer_of(tx), number, old_row, NULL);
    return err;
}

static enum mst_err tx_scan(struct mst_tx *tx, const struct mst_scan *scan,
                            enum mst_err (*each)(void *, const void *), void *arg)
{
    return mst_mem_table_scan(table_of(tx, mst_schema_indexes[scan->index].table), scan, each, arg);
}

struct last {
    const struct mst_schema_table *table;
    void *row;
    bool is_found;
};

static enum mst_err take_last(void *arg, const void *row)
{
    struct last *last = arg;

    memcpy(last->row, row, last->table->row_bytes);
    last->is_found = true;
    return MST_EREFUSED;
}

static enum mst_err tx_last(struct mst_tx *tx, enum mst_index index, unsigned n_fixed, void *row)
{
    const struct mst_scan scan = {
        .index = index, .key = row, .n_fixed = n_fixed, .is_descending = true, .limit = 1};
    struct last last = {.table = &mst_schema_tables[mst_schema_indexes[index].table], .row = row};
    enum mst_err err = tx_scan(tx, &scan, take_last, &last);

    return err == MST_OK && !last.is_found ? MST_ENOENT : err;
}

/* With a seed: splitmix64 over a counter, so that a test's numbers repeat. */
static uint64_t tx_random(struct mst_tx *tx)
{
    struct memory *memory = memory_of(tx);
    uint64_t x;

    if (memory->opts.random_seed == 0)
        return mst_random_u64();
    x = __atomic_add_fetch(&memory->random_state, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static const struct mst_tx_ops tx_ops = {tx_get,  tx_insert, tx_update, tx_erase,
                                         tx_scan, tx_last,   tx_random};

static void read_time(struct memory *memory, struct mst_tx *tx)
{
    struct mst_window_reading now;

    if (memory->opts.now) {
        memory->opts.now(memory->opts.arg, &tx->window_now, &tx->wall_now);
        tx->wall_now_ms = tx->wall_now * 1000;
        return;
    }
    mst_window_read(&now);
    tx->wall_now = now.wall_s;
    tx->wall_now_ms = now.wall_ms;
    tx->window_now = mst_window_now(&memory->mark, &now);
}

static struct mem_tx tx_make(struct memory *memory, struct mst_arena *arena)
{
    struct mem_tx mem_tx = {
        .tx = {.ops = &tx_ops, .arena = arena},
          .memory = memory
    };

    read_time(memory, &mem_tx.tx);
    return mem_tx;
}

/* ---- batches ---- */

/* What becomes of each command is kept in err of its slot until the commit is known. */
struct outcome {
    struct mst_cmd *cmd;
    enum mst_err err;
};

enum { BATCH_MAX = 1024 };

static size_t run_all(struct committer *committer, struct mem_tx *mem_tx, struct mst_cmd *cmd,
                      struct outcome outcomes[BATCH_MAX])
{
    size_t n = 0;

    for (; cmd; cmd = cmd->next) {
        size_t mark = committer->memory->n_changes;
        bool had_reset = mem_tx->has_reset_clock;
        enum mst_err err = cmd->run(cmd, &mem_tx->tx);

        if (err != MST_OK) {
            undo_to(committer, mark);
            mem_tx->has_reset_clock = had_reset;
        }
        outcomes[n++] = (struct outcome){cmd, err == MST_EREFUSED ? MST_OK : err};
    }
    return n;
}

static void commit(struct committer *committer, const struct mem_tx *mem_tx)
{
    struct memory *memory = committer->memory;
    struct mst_window_reading now;

    keep_changes(committer);
    mst_window_read(&now);
    if (mem_tx->has_reset_clock)
        memory->mark = (struct mst_window_mark){0};
    else
        memory->mark = mst_window_set(mst_window_now(&memory->mark, &now), &now);
}

static void finish(struct committer *committer, struct mem_tx *mem_tx, struct outcome *outcomes,
                   size_t n)
{
    const struct mst_memory_opts *opts = &committer->memory->opts;
    bool is_applied = true;
    bool is_unknown = opts->inject_unknown && opts->inject_unknown(opts->arg, &is_applied);

    if (is_applied || !is_unknown)
        commit(committer, mem_tx);
    else
        undo_to(committer, 0);
    for (size_t i = 0; is_unknown && i < n; i++)
        if (outcomes[i].err == MST_OK)
            outcomes[i].err = MST_EUNKNOWN;
}

static void run_batch(struct committer *committer, struct mst_cmd *cmds)
{
    struct memory *memory = committer->memory;
    struct outcome outcomes[BATCH_MAX];
    struct mem_tx mem_tx;
    size_t n;

    if (!memory->opts.is_inline)
        (void)pthread_rwlock_wrlock(&memory->gate);
    mem_tx = tx_make(memory, &committer->arena);
    mem_tx.committer = committer;
    mst_changes_clear(&committer->changes);
    mem_tx.tx.is_writable = true;
    n = run_all(committer, &mem_tx, cmds, outcomes);
    finish(committer, &mem_tx, outcomes, n);
    if (!memory->opts.is_inline)
        (void)pthread_rwlock_unlock(&memory->gate);
    mst_changes_tell(&committer->changes, &memory->store);
    for (size_t i = 0; i < n; i++)
        outcomes[i].cmd->done(outcomes[i].cmd, outcomes[i].err);
    mst_arena_reset(&committer->arena);
    if (memory->n_inline_readers == 0)
        clear_graves(&committer->graves);
}

static void run_thread(void *arg)
{
    struct committer *committer = arg;
    size_t batch_max = committer->memory->opts.batch_max;
    struct mst_queue_item *items;

    if (batch_max > BATCH_MAX)
        batch_max = BATCH_MAX;
    while ((items = mst_queue_take(committer->queue, batch_max)) != NULL)
        run_batch(committer, (struct mst_cmd *)items);
}

/* ---- the store ---- */

static enum mst_err submit_inline(struct memory *memory, struct mst_cmd *cmd)
{
    cmd->next = NULL;
    if (memory->inline_last)
        memory->inline_last->next = cmd;
    else
        memory->inline_first = cmd;
    memory->inline_last = cmd;
    if (memory->is_inline_running)
        return MST_OK;
    memory->is_inline_running = true;
    while ((cmd = memory->inline_first) != NULL) {
        memory->inline_first = cmd->next;
        if (!cmd->next)
            memory->inline_last = NULL;
        cmd->next = NULL;
        run_batch(&memory->committers[cmd->file], cmd);
    }
    memory->is_inline_running = false;
    return MST_OK;
}

_Static_assert(offsetof(struct mst_cmd, next) == offsetof(struct mst_queue_item, next) &&
                   offsetof(struct mst_cmd, lane) == offsetof(struct mst_queue_item, lane),
               "a command begins as an item of a queue does");

static enum mst_err store_submit(struct mst_store *store, struct mst_cmd *cmd)
{
    struct memory *memory = (struct memory *)store;

    if (memory->opts.is_inline)
        return submit_inline(memory, cmd);
    return mst_queue_push(memory->committers[cmd->file].queue, (struct mst_queue_item *)cmd);
}

static enum mst_err store_reader_open(struct mst_store *store, struct mst_reader **ret_reader)
{
    struct mem_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return MST_ENOMEM;
    reader->reader.store = store;
    reader->memory = (struct memory *)store;
    mst_arena_init(&reader->arena, MST_REQUEST_ARENA_MAX);
    *ret_reader = &reader->reader;
    return MST_OK;
}

static void store_reader_close(struct mst_reader *reader)
{
    struct mem_reader *mem_reader = (struct mem_reader *)reader;

    mst_arena_fini(&mem_reader->arena);
    free(mem_reader);
}

static enum mst_err store_reader_begin(struct mst_reader *reader, struct mst_tx **ret_tx)
{
    struct mem_reader *mem_reader = (struct mem_reader *)reader;
    struct memory *memory = mem_reader->memory;

    if (memory->opts.is_inline)
        memory->n_inline_readers++;
    else
        (void)pthread_rwlock_rdlock(&memory->gate);
    mem_reader->mem_tx = tx_make(memory, &mem_reader->arena);
    *ret_tx = &mem_reader->mem_tx.tx;
    return MST_OK;
}

static void store_reader_end(struct mst_reader *reader)
{
    struct mem_reader *mem_reader = (struct mem_reader *)reader;
    struct memory *memory = mem_reader->memory;

    mst_arena_reset(&mem_reader->arena);
    if (memory->opts.is_inline)
        memory->n_inline_readers--;
    else
        (void)pthread_rwlock_unlock(&memory->gate);
}

static void memory_free(struct memory *memory)
{
    for (int i = 0; i < MST_FILE_COUNT; i++) {
        struct committer *committer = &memory->committers[i];

        if (committer->queue)
            mst_queue_close(committer->queue);
        if (committer->thread)
            mst_thread_join(committer->thread);
        if (committer->queue)
            mst_queue_free(committer->queue);
        clear_graves(&committer->graves);
        free(committer->graves.rows);
        mst_arena_fini(&committer->arena);
        mst_changes_fini(&committer->changes);
    }
    for (int i = 0; i < MST_TABLE_COUNT; i++)
        mst_mem_table_fini(&memory->tables[i]);
    free(memory->changes);
    (void)pthread_rwlock_destroy(&memory->gate);
    free(memory);
}

static void store_close(struct mst_store *store)
{
    memory_free((struct memory *)store);
}

static const struct mst_store_ops store_ops = {store_submit,
                                               store_reader_open,
                                               store_reader_close,
                                               store_reader_begin,
                                               store_reader_end,
                                               store_close,
                                               NULL,
                                               NULL};

static enum mst_err start_committers(struct memory *memory)
{
    static const char *const names[MST_FILE_COUNT] = {"commit-state", "commit-points",
                                                      "commit-content"};
    enum mst_err err = MST_OK;

    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++) {
        struct committer *committer = &memory->committers[i];

        err = mst_queue_new(memory->opts.queue_max, &committer->queue);
        if (err == MST_OK)
            err = mst_thread_start(names[i], run_thread, committer, &committer->thread);
    }
    return err;
}

/* A waiting batch goes before new readers, or a busy reader could keep it out for ever. */
static void init_gate(pthread_rwlock_t *gate)
{
    pthread_rwlockattr_t attr;

    (void)pthread_rwlockattr_init(&attr);
    (void)pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(gate, &attr);
    (void)pthread_rwlockattr_destroy(&attr);
}

enum mst_err mst_memory_open(const struct mst_memory_opts *opts, struct mst_store **ret_store)
{
    struct memory *memory = calloc(1, sizeof *memory);
    enum mst_err err = MST_OK;

    if (!memory)
        return MST_ENOMEM;
    memory->store.ops = &store_ops;
    memory->opts = *opts;
    memory->random_state = opts->random_seed;
    init_gate(&memory->gate);
    for (int i = 0; i < MST_TABLE_COUNT; i++)
        mst_mem_table_init(&memory->tables[i], (enum mst_table)i);
    for (int i = 0; i < MST_FILE_COUNT; i++) {
        memory->committers[i].memory = memory;
        memory->committers[i].file = (enum mst_file)i;
        mst_arena_init(&memory->committers[i].arena, MST_BATCH_ARENA_MAX);
    }
    if (!opts->is_inline)
        err = start_committers(memory);
    if (err != MST_OK) {
        memory_free(memory);
        return err;
    }
    *ret_store = &memory->store;
    return MST_OK;
}
