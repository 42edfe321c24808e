#include <string.h>

#include "store/pack.h"
#include "tests/lib/unit.h"

static const struct mst_schema_table *const clients = &mst_schema_tables[MST_TABLE_CLIENT];
static unsigned char packed[1024];

/* Of a client whose salt is the number. */
static size_t pack_number(int64_t number, struct mst_row_client *ret_row)
{
    const struct mst_row_client row = {.id = 7, .salt = number, .log_peer = MST_LIT("10.0.0.1")};
    size_t n;

    ck_assert_uint_le(mst_pack_max(clients, &row), sizeof packed);
    memset(packed, 0xff, sizeof packed);
    n = mst_pack(packed, clients, UINT64_MAX, &row);
    ck_assert_uint_le(n, mst_pack_max(clients, &row));
    mst_unpack(packed, clients, ret_row);
    return n;
}

MST_TEST(numbers_of_all_sizes_survive)
{
    static const int64_t numbers[] = {0,   1,   -1,  63,  64,        -64,       -65,
                                      127, 128, 255, 256, INT64_MAX, INT64_MIN, INT32_MIN};
    struct mst_row_client row;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        (void)pack_number(numbers[i], &row);
        ck_assert_int_eq(row.salt, numbers[i]);
        ck_assert_int_eq(row.id, 7);
        ck_assert_span_str(row.log_peer, "10.0.0.1");
        ck_assert_ptr_null(row.delta.ptr);
    }
}
MST_TEST_END

MST_TEST(small_numbers_take_a_byte_and_large_ones_ten)
{
    struct mst_row_client row;
    const size_t least = pack_number(0, &row);

    ck_assert_uint_eq(least, clients->n_fields + strlen("10.0.0.1"));
    ck_assert_uint_eq(pack_number(-1, &row), least);
    ck_assert_uint_eq(pack_number(63, &row), least);
    ck_assert_uint_eq(pack_number(64, &row), least + 1);
    ck_assert_uint_eq(pack_number(INT64_MIN, &row), least + 9);
}
MST_TEST_END

MST_TEST(fields_that_are_not_asked_for_are_empty)
{
    struct mst_row_client row = {.id = 7, .salt = 9, .log_peer = MST_LIT("10.0.0.1")};

    ck_assert_uint_eq(mst_pack(packed, clients, MST_BIT(client, id), &row), clients->n_fields);
    mst_unpack(packed, clients, &row);
    ck_assert_int_eq(row.id, 7);
    ck_assert_int_eq(row.salt, 0);
    ck_assert_uint_eq(row.log_peer.len, 0);
}
MST_TEST_END

MST_TESTS("store/pack", numbers_of_all_sizes_survive, small_numbers_take_a_byte_and_large_ones_ten,
          fields_that_are_not_asked_for_are_empty)
