#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "store/schema/schema.h"
#include "tests/lib/faulty.h"

/* ---- rows ---- */

/* Whose transaction it is: the tx is the engine's, and knows nothing of us. */
static struct mst_faulty *current;
static const struct mst_tx_ops *engine;

static bool fails_now(struct mst_faulty *faulty)
{
    return faulty->fail_at > 0 && --faulty->fail_at == 0;
}

static enum mst_err copy_texts(struct mst_arena *arena, enum mst_table table, void *row)
{
    const struct mst_schema_table *schema = &mst_schema_tables[table];
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < schema->n_fields && err == MST_OK; i++) {
        struct mst_span text;

        if (schema->fields[i].type != MST_FIELD_TEXT)
            continue;
        err = mst_arena_dup(arena, mst_row_text(row, &schema->fields[i]), &text);
        if (err == MST_OK)
            mst_row_set_text(row, &schema->fields[i], text);
    }
    return err;
}

static enum mst_err get(struct mst_tx *tx, enum mst_index index, void *row)
{
    enum mst_err err = fails_now(current) ? MST_EIO : engine->get(tx, index, row);

    return err == MST_OK ? copy_texts(tx->arena, mst_schema_indexes[index].table, row) : err;
}

static enum mst_err last(struct mst_tx *tx, enum mst_index index, unsigned n_fixed, void *row)
{
    enum mst_err err = fails_now(current) ? MST_EIO : engine->last(tx, index, n_fixed, row);

    return err == MST_OK ? copy_texts(tx->arena, mst_schema_indexes[index].table, row) : err;
}

static enum mst_err insert(struct mst_tx *tx, enum mst_table table, void *row)
{
    return fails_now(current) ? MST_EIO : engine->insert(tx, table, row);
}

static enum mst_err update(struct mst_tx *tx, enum mst_table table, const void *row, uint64_t mask)
{
    return fails_now(current) ? MST_EIO : engine->update(tx, table, row, mask);
}

static enum mst_err erase(struct mst_tx *tx, enum mst_table table, const void *row)
{
    return fails_now(current) ? MST_EIO : engine->erase(tx, table, row);
}

struct scanning {
    struct mst_tx *tx;
    enum mst_table table;
    enum mst_err (*each)(void *arg, const void *row);
    void *arg;
};

static enum mst_err tell_row(void *arg, const void *row)
{
    const struct scanning *scanning = arg;
    union mst_any_row copy;
    enum mst_err err;

    memcpy(&copy, row, mst_schema_tables[scanning->table].row_bytes);
    err = copy_texts(scanning->tx->arena, scanning->table, &copy);
    return err == MST_OK ? scanning->each(scanning->arg, &copy) : err;
}

static enum mst_err scan(struct mst_tx *tx, const struct mst_scan *wanted,
                         enum mst_err (*each)(void *arg, const void *row), void *arg)
{
    struct scanning scanning = {tx, mst_schema_indexes[wanted->index].table, each, arg};

    return fails_now(current) ? MST_EIO : engine->scan(tx, wanted, tell_row, &scanning);
}

static uint64_t draw(struct mst_tx *tx)
{
    return engine->random(tx);
}

static const struct mst_tx_ops ops = {get, insert, update, erase, scan, last, draw};

static void take_over(struct mst_faulty *faulty, struct mst_tx *tx, struct mst_arena *arena)
{
    current = faulty;
    if (tx->ops != &ops)
        engine = tx->ops;
    tx->ops = &ops;
    tx->arena = arena;
    mst_arena_init(arena, faulty->arena_max ? faulty->arena_max : MST_REQUEST_ARENA_MAX);
}

/* ---- commands ---- */

static struct mst_faulty *running; /* the one whose command is with the store inside */

static enum mst_err run_command(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct mst_arena *arena = tx->arena;
    enum mst_err err;

    mst_arena_fini(&running->cmd_arena);
    take_over(running, tx, &running->cmd_arena);
    err = running->run(cmd, tx);
    tx->ops = engine;
    tx->arena = arena;
    return err;
}

static void end_command(struct mst_cmd *cmd, enum mst_err err)
{
    struct mst_faulty *faulty = running;

    running = NULL;
    cmd->run = faulty->run;
    cmd->done = faulty->done;
    faulty->done(cmd, err);
    mst_arena_fini(&faulty->cmd_arena);
}

static enum mst_err submit(struct mst_store *store, struct mst_cmd *cmd)
{
    struct mst_faulty *faulty = (struct mst_faulty *)store;

    assert(!running);
    if (fails_now(faulty) || faulty->is_full[cmd->file])
        return MST_EFULL;
    running = faulty;
    faulty->run = cmd->run;
    faulty->done = cmd->done;
    cmd->run = run_command;
    cmd->done = end_command;
    faulty->inside->observers = store->observers;
    return mst_store_submit(faulty->inside, cmd);
}

/* ---- readers ---- */

struct reader {
    struct mst_reader reader;
    struct mst_reader *inside;
    struct mst_tx *tx;
    struct mst_arena *engine_arena;
    struct mst_arena arena;
};

static enum mst_err reader_open(struct mst_store *store, struct mst_reader **ret_reader)
{
    struct mst_faulty *faulty = (struct mst_faulty *)store;
    struct reader *reader = fails_now(faulty) ? NULL : calloc(1, sizeof *reader);

    if (!reader)
        return MST_ENOMEM;
    reader->reader.store = store;
    if (mst_reader_open(faulty->inside, &reader->inside) != MST_OK) {
        free(reader);
        return MST_ENOMEM;
    }
    faulty->n_open++;
    *ret_reader = &reader->reader;
    return MST_OK;
}

static void reader_close(struct mst_reader *opened)
{
    struct reader *reader = (struct reader *)opened;

    ((struct mst_faulty *)opened->store)->n_open--;
    mst_reader_close(reader->inside);
    free(reader);
}

static enum mst_err reader_begin(struct mst_reader *opened, struct mst_tx **ret_tx)
{
    struct reader *reader = (struct reader *)opened;
    struct mst_faulty *faulty = (struct mst_faulty *)opened->store;
    enum mst_err err = fails_now(faulty) ? MST_EIO : mst_reader_begin(reader->inside, &reader->tx);

    if (err != MST_OK)
        return err;
    reader->engine_arena = reader->tx->arena;
    take_over(faulty, reader->tx, &reader->arena);
    *ret_tx = reader->tx;
    return MST_OK;
}

static void reader_end(struct mst_reader *opened)
{
    struct reader *reader = (struct reader *)opened;

    reader->tx->ops = engine;
    reader->tx->arena = reader->engine_arena;
    mst_arena_fini(&reader->arena);
    mst_reader_end(reader->inside);
}

static const struct mst_store_ops store_ops = {.submit = submit,
                                               .reader_open = reader_open,
                                               .reader_close = reader_close,
                                               .reader_begin = reader_begin,
                                               .reader_end = reader_end};

void mst_faulty_init(struct mst_faulty *faulty, struct mst_store *inside)
{
    *faulty = (struct mst_faulty){.store.ops = &store_ops, .inside = inside};
}

void mst_faulty_fini(struct mst_faulty *faulty)
{
    faulty->inside->observers = NULL; /* they end with us */
    mst_arena_fini(&faulty->cmd_arena);
}
