/*
 * Ranges through the use cases, and against a model that keeps each range as the set of texts in it.
 * protocol.md 1.5 (2, 3, 15, 16), 2.6.4, A3, A41, A42.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;

static const struct mst_sn_range macs = {
    {MST_SN_MAC_COLON, MST_SN_UPPER, 0},
    0x010203040500, 0x0102030405FF
};

static void open_world(void)
{
    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "m2"), MST_DONE);
}

static enum mst_verdict add(const char *model, struct mst_sn_range range)
{
    return RUN(add_ranges, .model = model, .ranges = &range, .n_ranges = 1);
}

static void take(const char *model, struct mst_sn_range range)
{
    ck_assert_int_eq(RUN(remove_ranges, .model = model, .ranges = &range, .n_ranges = 1), MST_DONE);
}

static bool is_in(const char *sn)
{
    struct mst_world_call call = {.sn = sn};

    ck_assert_int_eq(mst_world_run(&world, mst_do_find_range, &call), MST_DONE);
    ck_assert(!call.is_in_range || mst_sn_range_has(&call.range, mst_span_str(sn)));
    return call.is_in_range;
}

static enum mst_verdict standing(const char *sn)
{
    struct mst_world_call call = {.sn = sn};
    enum mst_verdict verdict = mst_world_run(&world, mst_do_view, &call);

    return verdict == MST_DONE ? call.view.standing : verdict;
}

#define A_SN  "01:02:03:04:05:0A"
#define B_SN  "01:02:03:04:05:0B"
#define C_SN  "01:02:03:04:06:00"
#define NOW() .attempt = mst_world_attempt()

MST_TEST(a_serial_number_in_a_range_is_unused_without_a_record)
{
    open_world();
    ck_assert_int_eq(RUN(activate, .sn = A_SN, NOW()), MST_NO_SERIAL);
    ck_assert_int_eq(add("m1", macs), MST_DONE);
    ck_assert_int_eq(standing(A_SN), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(standing(C_SN), MST_NO_SERIAL);
    ck_assert_int_eq(standing("01:02:03:04:05:0a"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(activate, .sn = A_SN, NOW()), MST_NOT_ADDED);
    ck_assert_int_eq(RUN(activate, .model = "m2", .sn = A_SN, NOW()), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(enable, .sn = A_SN, NOW()), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(RUN(disable, .sn = A_SN), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(RUN(log, .sn = A_SN), MST_DONE);
    ck_assert_int_eq(RUN(remove, .sn = A_SN), MST_DONE);
    ck_assert_int_eq(standing(A_SN), MST_HAS_NO_CLIENT);
    take("m1", macs);
    ck_assert_int_eq(standing(A_SN), MST_NO_SERIAL);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(enabling_makes_the_record_and_deleting_it_leads_back_to_the_range)
{
    open_world();
    ck_assert_int_eq(add("m1", macs), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .sn = A_SN, NOW()), MST_DONE);
    ck_assert_int_eq(standing(A_SN), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .sn = A_SN, NOW()), MST_HAS_CLIENT);
    ck_assert_int_eq(RUN(activate, .sn = A_SN, NOW()), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = A_SN), MST_EXISTS);
    take("m1", macs); /* the record stays */
    ck_assert_int_eq(RUN(activate, .sn = A_SN, .peer = "x", NOW()), MST_SECOND_CALLER);
    ck_assert_int_eq(add("m1", macs), MST_DONE);
    ck_assert_int_eq(RUN(remove, .sn = A_SN), MST_DONE);
    ck_assert_int_eq(standing(A_SN), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(RUN(enable_owner, .sn = A_SN, NOW()), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_device_moves_to_a_serial_number_that_only_a_range_covers)
{
    open_world();
    ck_assert_int_eq(add("m1", macs), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .sn = A_SN, NOW()), MST_DONE);
    ck_assert_int_eq(RUN(remap, .sn = C_SN, .other_sn = A_SN, NOW()), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(remap, .sn = A_SN, .other_sn = B_SN, NOW()), MST_HAS_CLIENT);
    ck_assert_int_eq(RUN(remap, .sn = B_SN, .other_sn = "01:02:03:04:05:0C", NOW()),
                     MST_HAS_NO_CLIENT);
    ck_assert_int_eq(RUN(remap, .sn = B_SN, .other_sn = A_SN, NOW()), MST_DONE);
    ck_assert_int_eq(standing(A_SN), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(RUN(activate, .sn = B_SN, NOW()), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_unknown_outcome_of_enabling_out_of_a_range_is_resolved)
{
    for (int fault = MST_WORLD_LOST; fault <= MST_WORLD_KEPT; fault++) {
        open_world();
        ck_assert_int_eq(add("m1", macs), MST_DONE);
        world.next_fault = (enum mst_world_fault)fault;
        ck_assert_int_eq(RUN(enable_owner, .sn = A_SN, NOW()), MST_DONE);
        world.next_fault = (enum mst_world_fault)fault;
        ck_assert_int_eq(RUN(remap, .sn = B_SN, .other_sn = A_SN, NOW()), MST_DONE);
        ck_assert_int_eq(RUN(activate, .sn = B_SN, NOW()), MST_DONE);
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TEST(what_another_model_of_the_vendor_lists_cannot_be_enabled_out_of_a_range)
{
    for (int is_scope_model = 0; is_scope_model < 2; is_scope_model++) {
        const enum mst_verdict want = is_scope_model ? MST_DONE : MST_EXISTS;

        open_world();
        world.domain.is_sn_scope_model = is_scope_model;
        ck_assert_int_eq(RUN(add, .model = "m2", .sn = A_SN), MST_DONE);
        ck_assert_int_eq(add("m1", macs), MST_DONE); /* ranges are checked inside a model only */
        ck_assert_int_eq(add("m2", macs), MST_DONE);
        ck_assert_int_eq(standing(A_SN), MST_HAS_NO_CLIENT);
        ck_assert_int_eq(RUN(enable_owner, .sn = A_SN, NOW()), want);
        ck_assert_int_eq(RUN(enable_owner, .sn = B_SN, NOW()), MST_DONE);
        ck_assert_int_eq(RUN(remove, .sn = A_SN), MST_DONE);
        ck_assert_int_eq(RUN(remap, .sn = A_SN, .other_sn = B_SN, NOW()), want);
        ck_assert_int_eq(standing(B_SN), is_scope_model ? MST_HAS_NO_CLIENT : MST_DONE);
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TEST(ranges_are_added_all_or_none_and_removed_if_equal)
{
    struct mst_sn_range ranges[3] = {
        {{MST_SN_BASE10, MST_SN_EITHER, 4}, 10, 19},
        {{MST_SN_BASE10, MST_SN_EITHER, 4}, 30, 39},
        {{MST_SN_BASE10, MST_SN_EITHER, 4}, 19, 20},
    };

    open_world();
    ck_assert_int_eq(RUN(add_ranges, .ranges = ranges, .n_ranges = 3), MST_OVERLAPS);
    ck_assert(!is_in("0010") && !is_in("0030"));
    ck_assert_int_eq(RUN(add_ranges, .ranges = ranges, .n_ranges = 0), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_ranges, .ranges = ranges, .n_ranges = 2), MST_DONE);
    ck_assert_int_eq(add("m1", ranges[0]), MST_OVERLAPS);
    ranges[2] = (struct mst_sn_range){
        {MST_SN_BASE10, MST_SN_EITHER, 4},
        20, 29
    };
    ck_assert_int_eq(add("m1", ranges[2]), MST_DONE); /* fits in between */
    ck_assert(is_in("0019") && is_in("0020") && is_in("0029") && is_in("0030"));
    ranges[0].shape.length = 0; /* another shape */
    ck_assert_int_eq(add("m1", ranges[0]), MST_DONE);
    ck_assert(is_in("19") && !is_in("20"));
    ranges[2].last = 28; /* not equal: skipped */
    take("m1", ranges[2]);
    ck_assert(is_in("0029"));
    take("m1", ranges[0]);
    ck_assert(!is_in("19") && is_in("0019"));
    ranges[1].last = 29;
    ck_assert_int_eq(add("m1", ranges[1]), MST_BAD_VALUE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_ends_of_64_bits_are_as_good_as_any)
{
    open_world();
    ck_assert_int_eq(add("m1",
                         (struct mst_sn_range){
                             {MST_SN_BASE16, MST_SN_LOWER, 0},
                             UINT64_MAX, UINT64_MAX
    }),
                     MST_DONE);
    ck_assert_int_eq(add("m1",
                         (struct mst_sn_range){
                             {MST_SN_BASE16, MST_SN_LOWER, 0},
                             0, UINT64_MAX - 1
    }),
                     MST_DONE);
    ck_assert(is_in("0") && is_in("7fffffffffffffff") && is_in("8000000000000000") &&
              is_in("fffffffffffffffe") && is_in("ffffffffffffffff"));
    ck_assert(!is_in("10000000000000000"));
    take("m1", (struct mst_sn_range){
                   {MST_SN_BASE16, MST_SN_LOWER, 0},
                   UINT64_MAX, UINT64_MAX
    });
    ck_assert(is_in("fffffffffffffffe") && !is_in("ffffffffffffffff"));
    ck_assert_int_eq(add("m1",
                         (struct mst_sn_range){
                             {MST_SN_BASE16, MST_SN_LOWER, 0},
                             UINT64_MAX - 1, UINT64_MAX
    }),
                     MST_OVERLAPS);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_model_has_room_for_a_thousand_ranges)
{
    struct mst_sn_range ranges[MST_RANGES_MAX];
    struct mst_sn_range more = {
        {MST_SN_BASE10, MST_SN_EITHER, 6},
        999990, 999999
    };

    open_world();
    for (uint64_t i = 0; i < MST_RANGES_MAX; i++)
        ranges[i] = (struct mst_sn_range){
            {MST_SN_BASE10, MST_SN_EITHER, 6},
            100 * i, 100 * i + 9
        };
    ck_assert_int_eq(RUN(add_ranges, .ranges = ranges, .n_ranges = MST_RANGES_MAX), MST_DONE);
    ck_assert_int_eq(add("m1", more), MST_NO_ROOM);
    ck_assert_int_eq(add("m2", more), MST_DONE);
    ck_assert(is_in("000009") && is_in("099909") && !is_in("000010") && !is_in("099910"));
    take("m1", ranges[500]);
    ck_assert_int_eq(add("m1", more), MST_DONE);
    ck_assert_int_eq(RUN(delete_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert(!is_in("000009"));
    mst_world_close(&world);
}
MST_TEST_END

/* ---- against sets of texts ---- */

enum { KEPT = 24, VALUES = 40, STEPS = 400 };

/* A range as a person would check it: by writing down all of its members. */
struct listed {
    bool is_used;
    struct mst_sn_range range;
    char texts[VALUES][24];
};

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

static void write_down(const struct mst_sn_shape *shape, unsigned long long v, char *ret,
                       size_t max)
{
    switch (shape->format) {
    case MST_SN_BASE10:
        (void)snprintf(ret, max, "%0*llu", (int)shape->length, v);
        break;
    case MST_SN_BASE16:
        (void)snprintf(ret, max, "%0*llX", (int)shape->length, v);
        break;
    case MST_SN_MAC_COLON:
        (void)snprintf(ret, max, "00:00:00:00:00:%02llX", v);
        break;
    case MST_SN_MAC_DASH:
        (void)snprintf(ret, max, "00-00-00-00-00-%02llX", v);
        break;
    case MST_SN_MAC_DOT:
        (void)snprintf(ret, max, "0000.0000.%04llX", v);
        break;
    case MST_SN_FORMATS:
        break;
    }
    for (size_t i = 0; ret[i] && shape->casing == MST_SN_LOWER; i++)
        ret[i] = (char)tolower(ret[i]);
}

static void list(const struct mst_sn_range *range, struct listed *ret)
{
    *ret = (struct listed){.is_used = true, .range = *range};
    for (uint64_t v = range->first; v <= range->last; v++)
        write_down(&range->shape, v, ret->texts[v - range->first], sizeof ret->texts[0]);
}

static struct mst_sn_range any_range(uint64_t *state)
{
    struct mst_sn_range range = {
        .shape = {.format = (enum mst_sn_format)(draw(state) % MST_SN_FORMATS)}};

    /* Of one casing, so that each value has one text. */
    if (range.shape.format != MST_SN_BASE10)
        range.shape.casing = draw(state) % 2 ? MST_SN_UPPER : MST_SN_LOWER;
    if (!mst_sn_format_is_mac(range.shape.format))
        range.shape.length = draw(state) % 2 ? 3 : 0;
    range.first = draw(state) % 100;
    range.last = range.first + draw(state) % VALUES;
    return range;
}

static bool has_text(const struct listed *listed, const char *text)
{
    for (size_t i = 0; listed->is_used && i < VALUES; i++)
        if (listed->texts[i][0] && strcmp(listed->texts[i], text) == 0)
            return true;
    return false;
}

static enum mst_verdict think_add(struct listed *kept, const struct mst_sn_range *range)
{
    struct listed new;
    size_t free_at = KEPT;

    list(range, &new);
    for (size_t i = 0; i < KEPT; i++) {
        if (!kept[i].is_used)
            free_at = i;
        if (!kept[i].is_used ||
            memcmp(&kept[i].range.shape, &range->shape, sizeof range->shape) != 0)
            continue;
        for (size_t k = 0; k < VALUES; k++)
            if (new.texts[k][0] && has_text(&kept[i], new.texts[k]))
                return MST_OVERLAPS;
    }
    if (free_at == KEPT)
        return MST_NO_ROOM;
    kept[free_at] = new;
    return MST_DONE;
}

static bool think_has(const struct listed *kept, const char *text)
{
    for (size_t i = 0; i < KEPT; i++)
        if (has_text(&kept[i], text))
            return true;
    return false;
}

MST_TEST(membership_is_that_of_the_texts_written_down)
{
    static struct listed kept[KEPT];
    uint64_t state = 20260131;
    size_t n_in = 0, n_out = 0, n_refused = 0;

    open_world();
    for (int step = 0; step < STEPS; step++) {
        struct mst_sn_range range = any_range(&state);
        struct listed probe;
        size_t at = draw(&state) % KEPT;
        enum mst_verdict want;

        if (draw(&state) % 3 == 0 && kept[at].is_used) {
            take("m1", kept[at].range);
            kept[at].is_used = false;
        } else if ((want = think_add(kept, &range)) != MST_NO_ROOM) {
            ck_assert_int_eq(add("m1", range), want);
            n_refused += want != MST_DONE;
        }
        range = any_range(&state);
        list(&range, &probe);
        for (size_t k = 0; k < VALUES; k++) {
            bool has = think_has(kept, probe.texts[k]);

            ck_assert_msg(is_in(probe.texts[k]) == has, "step %d: %s", step, probe.texts[k]);
            n_in += has;
            n_out += !has;
        }
    }
    ck_assert_msg(n_in > 1000 && n_out > 1000 && n_refused > 20, "%zu in, %zu out, %zu refused",
                  n_in, n_out, n_refused);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/range", a_serial_number_in_a_range_is_unused_without_a_record,
          enabling_makes_the_record_and_deleting_it_leads_back_to_the_range,
          a_device_moves_to_a_serial_number_that_only_a_range_covers,
          an_unknown_outcome_of_enabling_out_of_a_range_is_resolved,
          what_another_model_of_the_vendor_lists_cannot_be_enabled_out_of_a_range,
          ranges_are_added_all_or_none_and_removed_if_equal, the_ends_of_64_bits_are_as_good_as_any,
          a_model_has_room_for_a_thousand_ranges, membership_is_that_of_the_texts_written_down)
