/* The calls of port_store.h, handed on to the engine. */
#include <assert.h>

#include "core/port_store.h"

enum mst_err mst_tx_get(struct mst_tx *tx, enum mst_index index, void *row)
{
    return tx->ops->get(tx, index, row);
}

enum mst_err mst_tx_insert(struct mst_tx *tx, enum mst_table table, void *row)
{
    assert(tx->is_writable);
    return tx->ops->insert(tx, table, row);
}

enum mst_err mst_tx_update(struct mst_tx *tx, enum mst_table table, const void *row, uint64_t mask)
{
    assert(tx->is_writable && mask != 0);
    return tx->ops->update(tx, table, row, mask);
}

enum mst_err mst_tx_delete(struct mst_tx *tx, enum mst_table table, const void *row)
{
    assert(tx->is_writable);
    return tx->ops->erase(tx, table, row);
}

enum mst_err mst_tx_scan(struct mst_tx *tx, const struct mst_scan *scan,
                         enum mst_err (*each)(void *arg, const void *row), void *arg)
{
    return tx->ops->scan(tx, scan, each, arg);
}

enum mst_err mst_tx_last(struct mst_tx *tx, enum mst_index index, unsigned n_fixed, void *row)
{
    return tx->ops->last(tx, index, n_fixed, row);
}

int64_t mst_tx_window_now(struct mst_tx *tx)
{
    return tx->window_now;
}

int64_t mst_tx_wall_now(struct mst_tx *tx)
{
    return tx->wall_now;
}

int64_t mst_tx_wall_now_ms(struct mst_tx *tx)
{
    return tx->wall_now_ms;
}

uint64_t mst_tx_random(struct mst_tx *tx)
{
    return tx->ops->random(tx);
}

struct mst_arena *mst_tx_arena(struct mst_tx *tx)
{
    return tx->arena;
}

enum mst_err mst_store_submit(struct mst_store *store, struct mst_cmd *cmd)
{
    return store->ops->submit(store, cmd);
}

enum mst_err mst_reader_open(struct mst_store *store, struct mst_reader **ret_reader)
{
    return store->ops->reader_open(store, ret_reader);
}

void mst_reader_close(struct mst_reader *reader)
{
    if (!reader)
        return;
    mst_reader_rest(reader);
    reader->store->ops->reader_close(reader);
}

enum mst_err mst_reader_begin(struct mst_reader *reader, struct mst_tx **ret_tx)
{
    reader->is_paused = false;
    return reader->store->ops->reader_begin(reader, ret_tx);
}

void mst_reader_end(struct mst_reader *reader)
{
    reader->store->ops->reader_end(reader);
}

void mst_reader_pause(struct mst_reader *reader)
{
    const struct mst_store_ops *ops = reader->store->ops;

    if (ops->reader_pause) {
        ops->reader_pause(reader);
        reader->is_paused = true;
    } else {
        ops->reader_end(reader);
    }
}

void mst_reader_rest(struct mst_reader *reader)
{
    if (reader->is_paused)
        reader->store->ops->reader_end(reader);
    reader->is_paused = false;
}

void mst_store_observe(struct mst_store *store, struct mst_observer *observer)
{
    observer->next = store->observers;
    store->observers = observer;
}

enum mst_err mst_store_backup(struct mst_store *store, const char *dir,
                              struct mst_backup *ret_backup)
{
    return store->ops->backup ? store->ops->backup(store, dir, ret_backup) : MST_EINVAL;
}

void mst_store_close(struct mst_store *store)
{
    if (store)
        store->ops->close(store);
}
