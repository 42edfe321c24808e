/*
 * schema.h - the tables and indexes of core/rows.h as data, for engines to make
 * their statements and their memory from, and the versions of the stored form.
 */
#ifndef MST_STORE_SCHEMA_SCHEMA_H
#define MST_STORE_SCHEMA_SCHEMA_H

#include "core/port_store.h"

enum mst_field_type { MST_FIELD_INT, MST_FIELD_TEXT };

struct mst_schema_field {
    const char *name;
    enum mst_field_type type;
    size_t offset; /* in the row's struct */
};

enum { MST_INDEX_FIELDS_MAX = 3 };

struct mst_schema_index {
    const char *name; /* as in core/rows.h */
    enum mst_table table;
    bool is_unique;
    bool is_primary;
    unsigned n_fields;
    unsigned fields[MST_INDEX_FIELDS_MAX];
};

struct mst_schema_table {
    const char *name;
    enum mst_file file;
    size_t row_bytes;
    size_t n_fields;
    const struct mst_schema_field *fields;
    enum mst_index primary;
    bool is_rowid; /* primary key is one integer called id, assigned by the store */
    /* What a row grows by after it was inserted. An engine whose pages would have to be split then
       keeps so much free for it from the start. */
    unsigned room_bytes;
};

extern const struct mst_schema_table mst_schema_tables[MST_TABLE_COUNT];
extern const struct mst_schema_index mst_schema_indexes[MST_INDEX_COUNT];

/*
 * Versions count from 1; a migration from n to n + 1 is a list of statements per engine. A new
 * store is made in the newest one.
 *   1  the first
 *   2  client.suspect
 *   3  client has room to grow
 *   4  shares, ranges, groups, content, foreign keys; model.share_id, serial.lent_to, client.foreign_bits,
 *      resource.foreign_rid; the file content.db
 *   5  subscriptions, grant tokens, usage; resource.n_subscribers, flow_bits; in points.db what rules
 *      remember, what is due and what is to be sent
 */
enum { MST_SCHEMA_VERSION = 5 };

/* Room for a row of any table. */
#define MST_ANY_ROW_MEMBER(UPPER, lower) struct mst_row_##lower lower;
union mst_any_row {
    MST_TABLES(MST_ANY_ROW_MEMBER)
};

/* Access to a field of a row by its description. */
int64_t mst_row_int(const void *row, const struct mst_schema_field *field);
struct mst_span mst_row_text(const void *row, const struct mst_schema_field *field);
void mst_row_set_int(void *row, const struct mst_schema_field *field, int64_t value);
void mst_row_set_text(void *row, const struct mst_schema_field *field, struct mst_span value);

#endif
