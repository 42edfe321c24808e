/*
 * table.h - one table in memory: whole rows on the heap, one sorted array of
 * pointers for each index. Rows never change in place: an update puts a new row
 * where the old one was, so text handed out stays true until the old row is freed.
 */
#ifndef MST_STORE_MEMORY_TABLE_H
#define MST_STORE_MEMORY_TABLE_H

#include "store/schema/schema.h"

struct mst_mem_index {
    const struct mst_schema_index *schema;
    void **rows; /* in index order */
    size_t n_rows;
    size_t cap;
};

enum { MST_MEM_TABLE_INDEXES_MAX = 3 };

struct mst_mem_table {
    const struct mst_schema_table *schema;
    int64_t last_id;
    unsigned n_indexes;
    struct mst_mem_index indexes[MST_MEM_TABLE_INDEXES_MAX]; /* the primary key first */
};

void mst_mem_table_init(struct mst_mem_table *table, enum mst_table number);
void mst_mem_table_fini(struct mst_mem_table *table); /* frees its rows too */

/* A heap copy of a row with its text; freed with free. NULL: no memory. */
MST_MUST_USE void *mst_mem_row_dup(const struct mst_mem_table *table, const void *row);

/* The row that agrees with key in all fields of the unique index, or NULL. */
void *mst_mem_table_find(const struct mst_mem_table *table, enum mst_index index, const void *key);
/* Does a row other than self hold one of row's unique keys? */
bool mst_mem_table_is_taken(const struct mst_mem_table *table, const void *row, const void *self);
/* Room for one more row: mst_mem_table_replace cannot fail after it. */
MST_MUST_USE enum mst_err mst_mem_table_reserve(struct mst_mem_table *table);
/* Takes old out (if not NULL) and puts new in (if not NULL); frees nothing. */
void mst_mem_table_replace(struct mst_mem_table *table, void *old_row, void *new_row);
/* mst_tx_scan on this table. */
MST_MUST_USE enum mst_err mst_mem_table_scan(const struct mst_mem_table *table,
                                             const struct mst_scan *scan,
                                             enum mst_err (*each)(void *arg, const void *row),
                                             void *arg);

#endif
