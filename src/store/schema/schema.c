/*
 * The description of the tables, made from the lists of core/rows.h, so that it
 * cannot differ from the structs. A field list does not know its table's name,
 * hence one pair of macros for each table.
 */
#include <stddef.h>
#include <string.h>

#include "store/schema/schema.h"

#define FIELD(lower, type, name) {#name, type, offsetof(struct mst_row_##lower, name)},

#define INT_META(name)           FIELD(meta, MST_FIELD_INT, name)
#define INT_GEN(name)            FIELD(gen, MST_FIELD_INT, name)
#define INT_KEYRING(name)        FIELD(keyring, MST_FIELD_INT, name)
#define INT_VENDOR(name)         FIELD(vendor, MST_FIELD_INT, name)
#define INT_TOKEN(name)          FIELD(token, MST_FIELD_INT, name)
#define INT_SHARE(name)          FIELD(share, MST_FIELD_INT, name)
#define INT_MODEL(name)          FIELD(model, MST_FIELD_INT, name)
#define INT_MODEL_SHARE(name)    FIELD(model_share, MST_FIELD_INT, name)
#define INT_SERIAL(name)         FIELD(serial, MST_FIELD_INT, name)
#define INT_LENT_SERIAL(name)    FIELD(lent_serial, MST_FIELD_INT, name)
#define INT_SN_RANGE(name)       FIELD(sn_range, MST_FIELD_INT, name)
#define INT_MODEL_GROUP(name)    FIELD(model_group, MST_FIELD_INT, name)
#define INT_GROUP_MEMBER(name)   FIELD(group_member, MST_FIELD_INT, name)
#define INT_CONTENT(name)        FIELD(content, MST_FIELD_INT, name)
#define INT_LOG(name)            FIELD(log, MST_FIELD_INT, name)
#define INT_RESOURCE(name)       FIELD(resource, MST_FIELD_INT, name)
#define INT_FOREIGN_RID(name)    FIELD(foreign_rid, MST_FIELD_INT, name)
#define INT_SUBSCRIPTION(name)   FIELD(subscription, MST_FIELD_INT, name)
#define INT_GRANT_TOKEN(name)    FIELD(grant_token, MST_FIELD_INT, name)
#define INT_CONSUMED(name)       FIELD(consumed, MST_FIELD_INT, name)
#define INT_PAST_RESOURCE(name)  FIELD(past_resource, MST_FIELD_INT, name)
#define INT_CLIENT(name)         FIELD(client, MST_FIELD_INT, name)
#define INT_FOREIGN_CIK(name)    FIELD(foreign_cik, MST_FIELD_INT, name)
#define INT_QUOTA(name)          FIELD(quota, MST_FIELD_INT, name)
#define INT_ALIAS(name)          FIELD(alias, MST_FIELD_INT, name)
#define INT_POINT_COPY(name)     FIELD(point_copy, MST_FIELD_INT, name)
#define INT_POINT(name)          FIELD(point, MST_FIELD_INT, name)
#define INT_RULE_STATE(name)     FIELD(rule_state, MST_FIELD_INT, name)
#define INT_DUE(name)            FIELD(due, MST_FIELD_INT, name)
#define INT_OUTGOING(name)       FIELD(outgoing, MST_FIELD_INT, name)
#define INT_BLOB(name)           FIELD(blob, MST_FIELD_INT, name)
#define INT_CHUNK(name)          FIELD(chunk, MST_FIELD_INT, name)
#define TEXT_META(name)          FIELD(meta, MST_FIELD_TEXT, name)
#define TEXT_GEN(name)           FIELD(gen, MST_FIELD_TEXT, name)
#define TEXT_KEYRING(name)       FIELD(keyring, MST_FIELD_TEXT, name)
#define TEXT_VENDOR(name)        FIELD(vendor, MST_FIELD_TEXT, name)
#define TEXT_TOKEN(name)         FIELD(token, MST_FIELD_TEXT, name)
#define TEXT_SHARE(name)         FIELD(share, MST_FIELD_TEXT, name)
#define TEXT_MODEL(name)         FIELD(model, MST_FIELD_TEXT, name)
#define TEXT_MODEL_SHARE(name)   FIELD(model_share, MST_FIELD_TEXT, name)
#define TEXT_SERIAL(name)        FIELD(serial, MST_FIELD_TEXT, name)
#define TEXT_LENT_SERIAL(name)   FIELD(lent_serial, MST_FIELD_TEXT, name)
#define TEXT_SN_RANGE(name)      FIELD(sn_range, MST_FIELD_TEXT, name)
#define TEXT_MODEL_GROUP(name)   FIELD(model_group, MST_FIELD_TEXT, name)
#define TEXT_GROUP_MEMBER(name)  FIELD(group_member, MST_FIELD_TEXT, name)
#define TEXT_CONTENT(name)       FIELD(content, MST_FIELD_TEXT, name)
#define TEXT_LOG(name)           FIELD(log, MST_FIELD_TEXT, name)
#define TEXT_RESOURCE(name)      FIELD(resource, MST_FIELD_TEXT, name)
#define TEXT_FOREIGN_RID(name)   FIELD(foreign_rid, MST_FIELD_TEXT, name)
#define TEXT_SUBSCRIPTION(name)  FIELD(subscription, MST_FIELD_TEXT, name)
#define TEXT_GRANT_TOKEN(name)   FIELD(grant_token, MST_FIELD_TEXT, name)
#define TEXT_CONSUMED(name)      FIELD(consumed, MST_FIELD_TEXT, name)
#define TEXT_PAST_RESOURCE(name) FIELD(past_resource, MST_FIELD_TEXT, name)
#define TEXT_CLIENT(name)        FIELD(client, MST_FIELD_TEXT, name)
#define TEXT_FOREIGN_CIK(name)   FIELD(foreign_cik, MST_FIELD_TEXT, name)
#define TEXT_QUOTA(name)         FIELD(quota, MST_FIELD_TEXT, name)
#define TEXT_ALIAS(name)         FIELD(alias, MST_FIELD_TEXT, name)
#define TEXT_POINT_COPY(name)    FIELD(point_copy, MST_FIELD_TEXT, name)
#define TEXT_POINT(name)         FIELD(point, MST_FIELD_TEXT, name)
#define TEXT_RULE_STATE(name)    FIELD(rule_state, MST_FIELD_TEXT, name)
#define TEXT_DUE(name)           FIELD(due, MST_FIELD_TEXT, name)
#define TEXT_OUTGOING(name)      FIELD(outgoing, MST_FIELD_TEXT, name)
#define TEXT_BLOB(name)          FIELD(blob, MST_FIELD_TEXT, name)
#define TEXT_CHUNK(name)         FIELD(chunk, MST_FIELD_TEXT, name)

#define FIELDS(UPPER, lower)                                  \
    static const struct mst_schema_field fields_##lower[] = { \
        MST_ROW_##UPPER(INT_##UPPER, TEXT_##UPPER)};
MST_TABLES(FIELDS)

/* The tables whose rows the store numbers: those with a primary key called id. */
enum {
    ROWID_TABLES = 1 << MST_TABLE_VENDOR | 1 << MST_TABLE_TOKEN | 1 << MST_TABLE_SHARE |
                   1 << MST_TABLE_MODEL | 1 << MST_TABLE_SN_RANGE | 1 << MST_TABLE_MODEL_GROUP |
                   1 << MST_TABLE_CONTENT | 1 << MST_TABLE_RESOURCE | 1 << MST_TABLE_CLIENT |
                   1 << MST_TABLE_GRANT_TOKEN | 1 << MST_TABLE_PAST_RESOURCE |
                   1 << MST_TABLE_OUTGOING
};

#define IS_OF_POINTS(table) ((table) >= MST_TABLE_POINT && (table) <= MST_TABLE_OUTGOING)

#define TABLE_FILE(table)                                                         \
    (IS_OF_POINTS(table)                                       ? MST_FILE_POINTS  \
     : (table) == MST_TABLE_BLOB || (table) == MST_TABLE_CHUNK ? MST_FILE_CONTENT \
                                                               : MST_FILE_STATE)

/*
 * An activation adds the attempt (8), its time (4) and an IPv4 address as text (15), and takes away
 * the deadline (4). The rarer IPv6 addresses may be longer: their pages are split in time.
 */
enum { CLIENT_ROOM_BYTES = 24 };

#define TABLE_ROOM(table) ((table) == MST_TABLE_CLIENT ? CLIENT_ROOM_BYTES : 0)

/* The primary key is the index of the same name as the table. */
#define TABLE(UPPER, lower)                                             \
    [MST_TABLE_##UPPER] = {                                             \
        .name = #lower,                                                 \
        .file = TABLE_FILE(MST_TABLE_##UPPER),                          \
        .row_bytes = sizeof(struct mst_row_##lower),                    \
        .n_fields = MST_F_##lower##_COUNT,                              \
        .fields = fields_##lower,                                       \
        .primary = MST_IX_##UPPER,                                      \
        .is_rowid = (ROWID_TABLES & 1u << (int)MST_TABLE_##UPPER) != 0, \
        .room_bytes = TABLE_ROOM(MST_TABLE_##UPPER),                    \
    },

const struct mst_schema_table mst_schema_tables[MST_TABLE_COUNT] = {MST_TABLES(TABLE)};

#define INDEX(ix, tab, unique, n, a, b, c)                   \
    [MST_IX_##ix] = {                                        \
        .name = #ix,                                         \
        .table = MST_TABLE_##tab,                            \
        .is_unique = (unique) != 0,                          \
        .is_primary = (int)MST_IX_##ix == (int)MST_IX_##tab, \
        .n_fields = (n),                                     \
        .fields = {a, b, c},                                 \
    },

const struct mst_schema_index mst_schema_indexes[MST_INDEX_COUNT] = {MST_INDEXES(INDEX)};

int64_t mst_row_int(const void *row, const struct mst_schema_field *field)
{
    int64_t value;

    memcpy(&value, &((const char *)row)[field->offset], sizeof value);
    return value;
}

struct mst_span mst_row_text(const void *row, const struct mst_schema_field *field)
{
    struct mst_span value;

    memcpy(&value, &((const char *)row)[field->offset], sizeof value);
    return value;
}

void mst_row_set_int(void *row, const struct mst_schema_field *field, int64_t value)
{
    memcpy(&((char *)row)[field->offset], &value, sizeof value);
}

void mst_row_set_text(void *row, const struct mst_schema_field *field, struct mst_span value)
{
    memcpy(&((char *)row)[field->offset], &value, sizeof value);
}
