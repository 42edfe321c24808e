/*
 * What a batch touches is kept as a list. A row that many commands in a row touch, as a dataport
 * that is filled, stands there once; what else is there twice costs the observer little. Where memory or the
 * limit ends the list, the whole table counts as touched.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "store/changes.h"

void mst_changes_fini(struct mst_changes *changes)
{
    free(changes->changes);
    *changes = (struct mst_changes){0};
}

void mst_changes_clear(struct mst_changes *changes)
{
    changes->n_changes = 0;
    changes->tables = 0;
    changes->any_tables = 0;
}

static bool is_observed(const struct mst_store *store, enum mst_table table)
{
    for (const struct mst_observer *o = store->observers; o; o = o->next)
        if ((o->tables >> table & 1) != 0)
            return true;
    return false;
}

static bool reserve(struct mst_changes *changes)
{
    size_t cap = changes->cap > 0 ? changes->cap * 2 : 64;
    struct mst_changed *grown;

    if (changes->n_changes < changes->cap)
        return true;
    if (cap > MST_CHANGES_MAX)
        return false;
    grown = reallocarray(changes->changes, cap, sizeof *grown);
    if (!grown)
        return false;
    changes->changes = grown;
    changes->cap = cap;
    return true;
}

void mst_changes_note(struct mst_changes *changes, const struct mst_store *store,
                      enum mst_table table, const void *row)
{
    const struct mst_schema_field *field = &mst_schema_tables[table].fields[0];
    struct mst_changed change = {.table = table};
    const struct mst_changed *last;

    if (!is_observed(store, table) || (changes->any_tables >> table & 1) != 0)
        return;
    assert(field->type == MST_FIELD_INT);
    change.key = mst_row_int(row, field);
    last = changes->n_changes > 0 ? &changes->changes[changes->n_changes - 1] : NULL;
    if (last && last->table == table && last->key == change.key)
        return;
    if (reserve(changes)) {
        changes->changes[changes->n_changes++] = change;
        changes->tables |= UINT64_C(1) << table;
    } else {
        changes->any_tables |= UINT64_C(1) << table;
    }
}

static void tell_any(struct mst_observer *observer, uint64_t tables)
{
    for (int i = 0; i < MST_TABLE_COUNT; i++) {
        const struct mst_changed change = {(enum mst_table)i, MST_CHANGED_ANY};

        if ((observer->tables & tables) >> i & 1)
            observer->changed(observer, &change, 1);
    }
}

void mst_changes_tell(struct mst_changes *changes, const struct mst_store *store)
{
    for (struct mst_observer *o = store->observers; o; o = o->next) {
        if ((o->tables & changes->tables) != 0)
            o->changed(o, changes->changes, changes->n_changes);
        tell_any(o, changes->any_tables);
    }
    mst_changes_clear(changes);
}
