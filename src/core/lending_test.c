/* What is lent to whom, where the wire does not show it: notes, repeated commands, room. */
#include "core/lending.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;
static struct mst_world_vendor borrower;

/* m1 of acme, with serials a, b, c, is lent to "umbrella". */
static void open_world(uint64_t seed)
{
    mst_world_open(&world, seed, NULL);
    mst_world_add_vendor(&world, "umbrella", &borrower);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "b"), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "c"), MST_DONE);
    ck_assert_int_eq(RUN(lend, .name = "umbrella"), MST_DONE);
}

#define ENABLE(sn_)                                                                    \
    RUN(enable_owner, .sn = (sn_), .borrower = "umbrella", .rid = borrower.portal_rid, \
        .attempt = mst_world_attempt())

/* ---- notes ---- */

struct notes {
    struct mst_world_call call; /* first */
    struct mst_tx *tx;
    int n_notes, n_serials;
};

static enum mst_err count_note(void *arg, const void *row)
{
    const struct mst_row_lent_serial *note = row;
    struct notes *notes = arg;
    struct mst_row_serial serial = {.model_id = note->model_id, .sn = note->sn};

    notes->n_notes++;
    ck_assert_int_eq(mst_tx_get(notes->tx, MST_IX_SERIAL, &serial), MST_OK);
    ck_assert_int_eq(serial.lent_to, note->vendor_id);
    return MST_OK;
}

static enum mst_err count_serial(void *arg, const void *row)
{
    ((struct notes *)arg)->n_serials += ((const struct mst_row_serial *)row)->lent_to != 0;
    return MST_OK;
}

static enum mst_err count(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_row_lent_serial note = {0};
    const struct mst_row_serial serial = {0};
    const struct mst_scan notes = {.index = MST_IX_LENT_SERIAL, .key = &note};
    const struct mst_scan serials = {.index = MST_IX_SERIAL, .key = &serial};
    enum mst_err err;

    (void)of;
    ((struct notes *)call)->tx = tx;
    call->verdict = MST_DONE;
    err = mst_tx_scan(tx, &notes, count_note, call);
    return err != MST_OK ? err : mst_tx_scan(tx, &serials, count_serial, call);
}

/* Each serial number that is lent has its note, and each note its serial number. */
static void must_have_notes(int n)
{
    struct notes notes = {.n_notes = 0};

    ck_assert_int_eq(mst_world_run(&world, count, &notes.call), MST_DONE);
    ck_assert_int_eq(notes.n_notes, n);
    ck_assert_int_eq(notes.n_serials, n);
}

MST_TEST(a_note_follows_the_client_and_ends_with_the_record)
{
    struct mst_world_call call = {.sn = "a", .borrower = "umbrella", .rid = borrower.portal_rid};
    char rid[MST_TEXT_CHARS];

    open_world(1);
    call.attempt = mst_world_attempt();
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    memcpy(rid, call.handle, sizeof rid);
    must_have_notes(1);
    ck_assert_int_eq(RUN(remap, .sn = "b", .other_sn = "a", .attempt = 1), MST_DONE);
    must_have_notes(1);
    ck_assert_int_eq(RUN(view, .sn = "b", .borrower = "umbrella"), MST_DONE);
    ck_assert_int_eq(RUN(drop, .caller_id = borrower.domain_id, .rid = rid), MST_DONE);
    must_have_notes(1); /* the orphan's */
    ck_assert_int_eq(RUN(enable_owner, .sn = "b", .attempt = 2), MST_DONE);
    must_have_notes(0); /* the lender took it */
    ck_assert_int_eq(ENABLE("c"), MST_DONE);
    must_have_notes(1);
    ck_assert_int_eq(RUN(remove, .sn = "c"), MST_DONE);
    must_have_notes(0);
    ck_assert_int_eq(ENABLE("a"), MST_DONE);
    ck_assert_int_eq(RUN(take_back, .name = "umbrella"), MST_DONE);
    must_have_notes(1);
    ck_assert_int_eq(RUN(unregister, .key = borrower.domain_cik, .vendor = "umbrella"), MST_DONE);
    must_have_notes(0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_a_model_lent_goes_with_it)
{
    open_world(2);
    ck_assert_int_eq(ENABLE("a"), MST_DONE);
    ck_assert_int_eq(ENABLE("b"), MST_DONE);
    must_have_notes(2);
    ck_assert_int_eq(RUN(delete_model, .model = "m1"), MST_DONE);
    must_have_notes(0);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(view, .sn = "a", .borrower = "umbrella"), MST_NO_SHARE);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- again after an unknown outcome ---- */

MST_TEST(a_borrower_s_commands_know_their_own_work_again)
{
    open_world(3);
    world.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(ENABLE("a"), MST_DONE);
    world.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(RUN(remap, .sn = "b", .other_sn = "a", .borrower = "umbrella",
                         .attempt = mst_world_attempt()),
                     MST_DONE);
    world.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(RUN(enable, .sn = "b", .borrower = "umbrella", .attempt = mst_world_attempt()),
                     MST_DONE);
    world.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(RUN(disable, .sn = "b", .borrower = "umbrella"), MST_DONE);
    world.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(RUN(lend, .name = "umbrella"), MST_DONE);
    must_have_notes(1);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- room ---- */

/* A device of m1 is a client with three dataports; the limit counts each kind. */
MST_TEST(a_device_draws_from_the_borrower_s_owner)
{
    open_world(4);
    ck_assert_int_eq(RUN(limit, .caller_id = borrower.domain_id, .rid = borrower.portal_rid,
                         .has_limits = true, .limit = 1),
                     MST_DONE);
    ck_assert_int_eq(ENABLE("a"), MST_NO_ROOM);
    must_have_notes(0);
    ck_assert_int_eq(RUN(limit, .caller_id = borrower.domain_id, .rid = borrower.portal_rid,
                         .has_limits = true, .limit = 3),
                     MST_DONE);
    ck_assert_int_eq(ENABLE("a"), MST_DONE);
    ck_assert_int_eq(ENABLE("b"), MST_NO_ROOM);
    must_have_notes(1);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- what a reader may see half of ---- */

static enum mst_err count_name(void *arg, struct mst_span name)
{
    (void)name;
    ++*(int *)arg;
    return MST_OK;
}

static enum mst_err count_pair(void *arg, struct mst_span vendor, struct mst_span model)
{
    (void)vendor;
    return count_name(arg, model);
}

static enum mst_err count_view(void *arg, const struct mst_serial_view *view)
{
    return count_name(arg, view->sn);
}

/* Lists all with the rows of the serial number, of the borrower and of the model taken away one after the
   other, and those that tell of them still there. */
static enum mst_err list_torn(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_vendor lender = {.name = MST_LIT("acme")};
    struct mst_row_vendor umbrella = {.name = MST_LIT("umbrella")};
    struct mst_row_model model = {.name = MST_LIT("m1")};
    struct mst_row_serial serial = {.sn = MST_LIT("a")};
    struct mst_serial_page page = {.borrower = &umbrella, .limit = MST_PAGE_MAX};
    int n = 0;

    ck_assert_int_eq(mst_tx_get(tx, MST_IX_VENDOR_NAME, &lender), MST_OK);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_VENDOR_NAME, &umbrella), MST_OK);
    model.vendor_id = lender.id;
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_MODEL_NAME, &model), MST_OK);
    serial.model_id = model.id;
    ck_assert_int_eq(mst_tx_delete(tx, MST_TABLE_SERIAL, &serial), MST_OK);
    ck_assert_int_eq(mst_serial_list(&of->domain, tx, &model, &page, count_view, &n), MST_OK);
    ck_assert_int_eq(mst_tx_delete(tx, MST_TABLE_VENDOR, &umbrella), MST_OK);
    ck_assert_int_eq(mst_lending_list(tx, &model, count_name, &n), MST_OK);
    ck_assert_int_eq(mst_tx_delete(tx, MST_TABLE_MODEL, &model), MST_OK);
    ck_assert_int_eq(mst_lending_list_borrowed(tx, umbrella.id, count_pair, &n), MST_OK);
    ck_assert_int_eq(n, 0);
    call->verdict = MST_DONE;
    return MST_OK;
}

MST_TEST(what_has_gone_while_it_is_listed_is_passed_over)
{
    open_world(5);
    ck_assert_int_eq(ENABLE("a"), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, list_torn, &(struct mst_world_call){.sn = ""}),
                     MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/lending", a_note_follows_the_client_and_ends_with_the_record,
          what_a_model_lent_goes_with_it, a_borrower_s_commands_know_their_own_work_again,
          a_device_draws_from_the_borrower_s_owner, what_has_gone_while_it_is_listed_is_passed_over)
