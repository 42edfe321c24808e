/* Whose work is it? (core/lane.h) */
#include "core/lane.h"
#include "core/vendor.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;

static int64_t lane_of(int64_t client_id)
{
    struct mst_reader *reader;
    struct mst_tx *tx;
    int64_t lane = 0;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_lane_of_client(tx, client_id, &lane), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return lane;
}

static int64_t client_of(const char *vendor, const char *model, const char *sn)
{
    struct mst_reader *reader;
    struct mst_tx *tx;
    struct mst_row_vendor vendor_row = {0};
    struct mst_row_model model_row = {0};
    struct mst_row_serial serial = {.sn = mst_span_str(sn)};

    vendor_row.name = mst_span_str(vendor);
    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_VENDOR_NAME, &vendor_row), MST_OK);
    model_row.vendor_id = vendor_row.id;
    model_row.name = mst_span_str(model);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_MODEL_NAME, &model_row), MST_OK);
    serial.model_id = model_row.id;
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_SERIAL, &serial), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return serial.client_id;
}

MST_TEST(a_device_its_portal_and_its_vendors_domain_have_one_lane_and_the_neighbours_another)
{
    struct mst_world_call call = {.sn = "a", .attempt = 1};
    struct mst_world_vendor other;

    mst_world_open(&world, 1, NULL);
    mst_world_add_vendor(&world, "other", &other);
    ck_assert_int_eq(
        mst_world_run(&world, mst_do_add_model, &(struct mst_world_call){.model = "m1"}), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_add, &(struct mst_world_call){.sn = "a"}),
                     MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    ck_assert_int_gt(lane_of(world.domain_id), 0);
    ck_assert_int_eq(lane_of(world.portal_id), lane_of(world.domain_id));
    ck_assert_int_eq(lane_of(client_of("acme", "m1", "a")), lane_of(world.domain_id));
    ck_assert_int_gt(lane_of(other.domain_id), 0);
    ck_assert_int_ne(lane_of(other.domain_id), lane_of(world.domain_id));
    ck_assert_int_eq(lane_of(other.portal_id), lane_of(other.domain_id));
    ck_assert_int_eq(lane_of(world.root_id), -world.root_id); /* it has no vendor */
    ck_assert_int_eq(lane_of(123456), -123456);               /* gone */
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(names_share_a_fixed_number_of_lanes_that_no_client_has)
{
    char name[16];

    ck_assert_int_eq(mst_lane_of_name(MST_LIT("acme")), mst_lane_of_name(MST_LIT("acme")));
    ck_assert_int_ne(mst_lane_of_name(MST_LIT("acme")), mst_lane_of_name(MST_LIT("other")));
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(name, sizeof name, "v%d", i);
        ck_assert_int_lt(mst_lane_of_name(mst_span_str(name)), INT64_MIN + MST_LANES_BY_NAME);
    }
}
MST_TEST_END

MST_TESTS("lane",
          a_device_its_portal_and_its_vendors_domain_have_one_lane_and_the_neighbours_another,
          names_share_a_fixed_number_of_lanes_that_no_client_has)
