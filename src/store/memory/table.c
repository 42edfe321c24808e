#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/memory/table.h"

void mst_mem_table_init(struct mst_mem_table *table, enum mst_table number)
{
    *table = (struct mst_mem_table){.schema = &mst_schema_tables[number]};
    for (int i = 0; i < MST_INDEX_COUNT; i++) {
        if (mst_schema_indexes[i].table != number)
            continue;
        assert(table->n_indexes < MST_MEM_TABLE_INDEXES_MAX);
        table->indexes[table->n_indexes++].schema = &mst_schema_indexes[i];
    }
}

void mst_mem_table_fini(struct mst_mem_table *table)
{
    for (size_t i = 0; i < table->indexes[0].n_rows; i++)
        free(table->indexes[0].rows[i]);
    for (unsigned i = 0; i < table->n_indexes; i++)
        free(table->indexes[i].rows);
    *table = (struct mst_mem_table){0};
}

void *mst_mem_row_dup(const struct mst_mem_table *table, const void *row)
{
    const struct mst_schema_table *schema = table->schema;
    size_t bytes = schema->row_bytes;
    size_t at = schema->row_bytes;
    char *copy;

    for (size_t f = 0; f < schema->n_fields; f++)
        if (schema->fields[f].type == MST_FIELD_TEXT)
            bytes += mst_row_text(row, &schema->fields[f]).len;
    copy = malloc(bytes);
    if (!copy)
        return NULL;
    memcpy(copy, row, schema->row_bytes);
    for (size_t f = 0; f < schema->n_fields; f++) {
        struct mst_span text;

        if (schema->fields[f].type != MST_FIELD_TEXT)
            continue;
        text = mst_row_text(row, &schema->fields[f]);
        if (text.len)
            memcpy(&copy[at], text.ptr, text.len);
        mst_row_set_text(copy, &schema->fields[f],
                         text.len ? mst_span_of(&copy[at], text.len) : mst_span_of(NULL, 0));
        at += text.len;
    }
    return copy;
}

static int compare_field(const struct mst_schema_field *field, const void *a, const void *b)
{
    int64_t x, y;

    if (field->type == MST_FIELD_TEXT)
        return mst_span_cmp(mst_row_text(a, field), mst_row_text(b, field));
    x = mst_row_int(a, field);
    y = mst_row_int(b, field);
    return x < y ? -1 : x > y;
}

/* By the first n_fields fields of the index. */
static int compare_part(const struct mst_schema_index *index, unsigned n_fields, const void *a,
                        const void *b)
{
    const struct mst_schema_field *fields = mst_schema_tables[index->table].fields;
    int order = 0;

    for (unsigned f = 0; f < n_fields && order == 0; f++)
        order = compare_field(&fields[index->fields[f]], a, b);
    return order;
}

/* By the whole index; what is not unique is ordered by the primary key behind it. */
static int compare_whole(const struct mst_schema_index *index, const void *a, const void *b)
{
    const struct mst_schema_index *primary =
        &mst_schema_indexes[mst_schema_tables[index->table].primary];
    int order = compare_part(index, index->n_fields, a, b);

    return order != 0 || index->is_unique ? order : compare_part(primary, primary->n_fields, a, b);
}

/* Position of the first row that is not before key (is_past: that is behind key). */
static size_t bound(const struct mst_mem_index *index, unsigned n_fields, const void *key,
                    bool is_past)
{
    size_t low = 0, high = index->n_rows;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = compare_part(index->schema, n_fields, index->rows[mid], key);

        if (order < 0 || (is_past && order == 0))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Position of the first row that is not before row in the whole order. */
static size_t place(const struct mst_mem_index *index, const void *row)
{
    size_t low = 0, high = index->n_rows;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare_whole(index->schema, index->rows[mid], row) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static const struct mst_mem_index *index_of(const struct mst_mem_table *table,
                                            enum mst_index number)
{
    const struct mst_mem_index *index = &table->indexes[0];

    while (index->schema != &mst_schema_indexes[number])
        index = &index[1];
    return index;
}

static void *find(const struct mst_mem_index *index, const void *key)
{
    unsigned n_fields = index->schema->n_fields;
    size_t at = bound(index, n_fields, key, false);

    if (at == index->n_rows || compare_part(index->schema, n_fields, index->rows[at], key) != 0)
        return NULL;
    return index->rows[at];
}

void *mst_mem_table_find(const struct mst_mem_table *table, enum mst_index index, const void *key)
{
    return find(index_of(table, index), key);
}

bool mst_mem_table_is_taken(const struct mst_mem_table *table, const void *row, const void *self)
{
    for (unsigned i = 0; i < table->n_indexes; i++) {
        const void *holder;

        if (!table->indexes[i].schema->is_unique)
            continue;
        holder = find(&table->indexes[i], row);
        if (holder && holder != self)
            return true;
    }
    return false;
}

enum mst_err mst_mem_table_reserve(struct mst_mem_table *table)
{
    for (unsigned i = 0; i < table->n_indexes; i++) {
        struct mst_mem_index *index = &table->indexes[i];
        size_t cap = index->cap ? index->cap * 2 : 16;
        void **rows;

        if (index->n_rows < index->cap)
            continue;
        rows = reallocarray(index->rows, cap, sizeof *rows);
        if (!rows)
            return MST_ENOMEM;
        index->rows = rows;
        index->cap = cap;
    }
    return MST_OK;
}

static void take_out(struct mst_mem_index *index, const void *row)
{
    size_t at = place(index, row);

    assert(at < index->n_rows && index->rows[at] == row);
    index->n_rows--;
    memmove(&index->rows[at], &index->rows[at + 1], (index->n_rows - at) * sizeof *index->rows);
}

static void put_in(struct mst_mem_index *index, void *row)
{
    size_t at = place(index, row);

    assert(index->n_rows < index->cap);
    memmove(&index->rows[at + 1], &index->rows[at], (index->n_rows - at) * sizeof *index->rows);
    index->rows[at] = row;
    index->n_rows++;
}

void mst_mem_table_replace(struct mst_mem_table *table, void *old_row, void *new_row)
{
    for (unsigned i = 0; i < table->n_indexes; i++) {
        struct mst_mem_index *index = &table->indexes[i];

        if (old_row && new_row && compare_whole(index->schema, old_row, new_row) == 0) {
            index->rows[place(index, old_row)] = new_row;
            continue;
        }
        if (old_row)
            take_out(index, old_row);
        if (new_row)
            put_in(index, new_row);
    }
}

enum mst_err mst_mem_table_scan(const struct mst_mem_table *table, const struct mst_scan *scan,
                                enum mst_err (*each)(void *arg, const void *row), void *arg)
{
    const struct mst_mem_index *index = index_of(table, scan->index);
    size_t first = bound(index, scan->n_fixed, scan->key, false);
    size_t end = bound(index, scan->n_fixed, scan->key, true);
    uint64_t n;

    assert(scan->n_fixed + (scan->has_after ? 1 : 0) <= index->schema->n_fields);
    if (scan->has_after && scan->is_descending)
        end = bound(index, scan->n_fixed + 1, scan->key, false);
    else if (scan->has_after)
        first = bound(index, scan->n_fixed + 1, scan->key, true);
    n = end - first > scan->offset ? end - first - scan->offset : 0;
    if (scan->limit != 0 && n > scan->limit)
        n = scan->limit;
    for (uint64_t i = 0; i < n; i++) {
        size_t skip = (size_t)(scan->offset + i);
        enum mst_err err =
            each(arg, index->rows[scan->is_descending ? end - 1 - skip : first + skip]);

        if (err == MST_EREFUSED)
            return MST_OK;
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}
