#include <string.h>

#include "store/schema/schema.h"
#include "tests/lib/unit.h"

MST_TEST(the_store_numbers_exactly_the_tables_with_a_primary_key_called_id)
{
    for (int i = 0; i < MST_TABLE_COUNT; i++) {
        const struct mst_schema_table *table = &mst_schema_tables[i];
        const struct mst_schema_index *primary = &mst_schema_indexes[table->primary];
        bool is_id =
            primary->n_fields == 1 && strcmp(table->fields[primary->fields[0]].name, "id") == 0;

        ck_assert_msg(table->is_rowid == is_id, "%s", table->name);
    }
}
MST_TEST_END

MST_TEST(each_table_has_one_primary_key_and_it_is_its_first_index)
{
    int owner = -1;

    for (int i = 0; i < MST_INDEX_COUNT; i++) {
        const struct mst_schema_index *index = &mst_schema_indexes[i];

        ck_assert(index->is_primary == ((int)index->table != owner));
        owner = (int)index->table;
        ck_assert(!index->is_primary || mst_schema_tables[owner].primary == (enum mst_index)i);
        ck_assert(!index->is_primary || index->is_unique);
        for (unsigned f = 0; f < index->n_fields; f++)
            ck_assert_uint_lt(index->fields[f], mst_schema_tables[owner].n_fields);
    }
}
MST_TEST_END

MST_TEST(
    only_points_and_what_they_set_off_live_in_the_file_of_points_and_only_blobs_in_that_of_content)
{
    for (int i = 0; i < MST_TABLE_COUNT; i++) {
        bool is_of_blobs = i == MST_TABLE_BLOB || i == MST_TABLE_CHUNK;

        bool is_of_points = i == MST_TABLE_POINT || i == MST_TABLE_RULE_STATE ||
                            i == MST_TABLE_DUE || i == MST_TABLE_OUTGOING;

        ck_assert((mst_schema_tables[i].file == MST_FILE_POINTS) == is_of_points);
        ck_assert((mst_schema_tables[i].file == MST_FILE_CONTENT) == is_of_blobs);
    }
}
MST_TEST_END

MST_TEST(a_field_is_written_and_read_by_its_description)
{
    struct mst_row_client row = {0};
    const struct mst_schema_table *client = &mst_schema_tables[MST_TABLE_CLIENT];

    mst_row_set_int(&row, &client->fields[MST_F_client_deadline], -5);
    mst_row_set_text(&row, &client->fields[MST_F_client_log_peer], MST_LIT("::1"));
    ck_assert_int_eq(row.deadline, -5);
    ck_assert_span_str(row.log_peer, "::1");
    ck_assert_int_eq(mst_row_int(&row, &client->fields[MST_F_client_deadline]), -5);
    ck_assert_span_str(mst_row_text(&row, &client->fields[MST_F_client_log_peer]), "::1");
}
MST_TEST_END

MST_TESTS(
    "store/schema", the_store_numbers_exactly_the_tables_with_a_primary_key_called_id,
    each_table_has_one_primary_key_and_it_is_its_first_index,
    only_points_and_what_they_set_off_live_in_the_file_of_points_and_only_blobs_in_that_of_content,
    a_field_is_written_and_read_by_its_description)
