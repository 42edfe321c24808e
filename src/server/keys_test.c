#include "server/keys.h"
#include "tests/lib/unit.h"

enum { GEN_A = 0x0a0b0c, GEN_B = 0xfffffe };

static struct mst_server_keys server_keys;
static struct mst_keys port;

static void setup(void)
{
    static const uint8_t store_id[MST_STORE_ID_BYTES] = "sixteen bytes id";
    struct mst_secret_key key = {
        .bytes = {1, 2, 3}
    };

    memset(&server_keys, 0, sizeof server_keys);
    mst_handle_derive_locator(&server_keys.handles, &key, store_id);
    ck_assert_int_eq(mst_handle_derive_rotating(&server_keys.handles, 1, &key, store_id), MST_OK);
    server_keys.gens[0] = GEN_A;
    server_keys.gens[1] = GEN_B;
    server_keys.n_gens = 2;
    server_keys.current_kid = 1;
    port = mst_server_keys_port(&server_keys);
}

static struct mst_key_seed seed_of(int64_t row)
{
    return (struct mst_key_seed){.row = row, .gen_ix = 1, .kid = 1, .epoch = 7, .salt = -5};
}

MST_TEST(a_handle_leads_to_its_row_and_is_recognised)
{
    struct mst_key_seed seed = seed_of(INT64_C(1099511627775));
    struct mst_handle handle;
    int64_t row = 0;

    setup();
    ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_CIK, &seed, &handle), MST_OK);
    ck_assert_int_eq(port.locate(port.ctx, MST_HANDLE_CIK, mst_handle_span(&handle), &row), MST_OK);
    ck_assert_int_eq(row, seed.row);
    ck_assert(port.verify(port.ctx, MST_HANDLE_CIK, &seed, mst_handle_span(&handle)));
    ck_assert(!port.verify(port.ctx, MST_HANDLE_TOKEN, &seed, mst_handle_span(&handle)));
}
MST_TEST_END

MST_TEST(a_handle_of_another_generation_epoch_salt_or_delta_is_not_the_rows)
{
    static const char delta[MST_DELTA_BYTES] = "a delta of12";
    struct mst_key_seed seed = seed_of(5);
    struct mst_handle handle;
    struct mst_key_seed other;

    setup();
    ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_CIK, &seed, &handle), MST_OK);
    other = seed;
    other.gen_ix = 0;
    ck_assert(!port.verify(port.ctx, MST_HANDLE_CIK, &other, mst_handle_span(&handle)));
    other = seed;
    other.epoch++;
    ck_assert(!port.verify(port.ctx, MST_HANDLE_CIK, &other, mst_handle_span(&handle)));
    other = seed;
    other.salt++;
    ck_assert(!port.verify(port.ctx, MST_HANDLE_CIK, &other, mst_handle_span(&handle)));
    other = seed;
    other.delta = mst_span_of(delta, sizeof delta);
    ck_assert(!port.verify(port.ctx, MST_HANDLE_CIK, &other, mst_handle_span(&handle)));
}
MST_TEST_END

MST_TEST(a_delta_changes_the_handle_and_must_have_its_length)
{
    static const char delta[MST_DELTA_BYTES] = "a delta of12";
    struct mst_key_seed seed = seed_of(5);
    struct mst_handle plain, shifted;

    setup();
    ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_CIK, &seed, &plain), MST_OK);
    seed.delta = mst_span_of(delta, sizeof delta);
    ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_CIK, &seed, &shifted), MST_OK);
    ck_assert(!mst_span_eq(mst_handle_span(&plain), mst_handle_span(&shifted)));
    ck_assert(port.verify(port.ctx, MST_HANDLE_CIK, &seed, mst_handle_span(&shifted)));
    seed.delta.len--;
    ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_CIK, &seed, &shifted), MST_EINVAL);
    ck_assert(!port.verify(port.ctx, MST_HANDLE_CIK, &seed, mst_handle_span(&plain)));
}
MST_TEST_END

MST_TEST(rows_generations_and_kids_that_cannot_be_get_no_handle)
{
    static const struct {
        int64_t row, gen_ix, kid;
        enum mst_err err;
    } rows[] = {
        {0,                0,  1, MST_EINVAL},
        {-1,               0,  1, MST_EINVAL},
        {INT64_C(1) << 40, 0,  1, MST_EINVAL},
        {1,                2,  1, MST_EINVAL},
        {1,                -1, 1, MST_EINVAL},
        {1,                0,  9, MST_ENOENT},
    };
    struct mst_handle handle;

    setup();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_key_seed seed = {
            .row = rows[i].row, .gen_ix = rows[i].gen_ix, .kid = rows[i].kid};

        ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_CIK, &seed, &handle), rows[i].err);
        ck_assert(!port.verify(port.ctx, MST_HANDLE_CIK, &seed,
                               MST_LIT("0000000000000000000000000000000000000000")));
    }
}
MST_TEST_END

MST_TEST(a_rid_is_checked_whole_before_any_row_is_read)
{
    struct mst_key_seed seed = {.row = 77, .gen_ix = 0};
    struct mst_handle rid, old;
    int64_t row = 0;

    setup();
    ck_assert_int_eq(port.mint(port.ctx, MST_HANDLE_RID, &seed, &rid), MST_OK);
    ck_assert_int_eq(port.locate(port.ctx, MST_HANDLE_RID, mst_handle_span(&rid), &row), MST_OK);
    ck_assert_int_eq(row, 77);
    old = rid;
    old.text[39] = old.text[39] == '0' ? '1' : '0';
    row = 0;
    ck_assert_int_eq(port.locate(port.ctx, MST_HANDLE_RID, mst_handle_span(&old), &row),
                     MST_ENOENT);
    ck_assert_int_eq(row, 0);
    ck_assert_int_eq(port.locate(port.ctx, MST_HANDLE_RID, MST_LIT("abc"), &row), MST_ESYNTAX);
    /* a generation that this store no longer has, as after a copy was forked */
    server_keys.gens[0] = GEN_A + 1;
    ck_assert_int_eq(port.locate(port.ctx, MST_HANDLE_RID, mst_handle_span(&rid), &row),
                     MST_ENOENT);
}
MST_TEST_END

MST_TEST(new_rows_get_the_newest_generation_and_the_current_kid)
{
    setup();
    ck_assert_int_eq(port.current_gen_ix(port.ctx), 1);
    ck_assert_int_eq(port.current_kid(port.ctx), 1);
}
MST_TEST_END

MST_TESTS("server/keys", a_handle_leads_to_its_row_and_is_recognised,
          a_handle_of_another_generation_epoch_salt_or_delta_is_not_the_rows,
          a_delta_changes_the_handle_and_must_have_its_length,
          rows_generations_and_kids_that_cannot_be_get_no_handle,
          a_rid_is_checked_whole_before_any_row_is_read,
          new_rows_get_the_newest_generation_and_the_current_kid)
