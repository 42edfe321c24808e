/* Tags in a detail: what is theirs changes, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "core/tag.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;

static enum mst_err set_detail(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource = {.id = of->portal_id, .detail = mst_span_str(call->meta)};

    call->verdict = MST_DONE;
    return mst_tx_update(tx, MST_TABLE_RESOURCE, &resource, MST_BIT(resource, detail));
}

/* name is the tag; is_replacing: it is added. meta_text is the detail afterwards. */
static enum mst_err change(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource = {.id = of->portal_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    if (err == MST_OK)
        err = mst_tag_change(tx, &resource, mst_span_str(call->name), call->is_replacing,
                             &call->verdict);
    return err;
}

static enum mst_err show(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource = {.id = of->portal_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    call->verdict = MST_DONE;
    (void)snprintf(call->meta_text, sizeof call->meta_text, "%.*s", (int)resource.detail.len,
                   resource.detail.len ? resource.detail.ptr : "");
    return err;
}

static enum mst_verdict run(bool is_added, const char *tag)
{
    struct mst_world_call call = {.name = tag, .is_replacing = is_added};

    return mst_world_run(&world, change, &call);
}

static void must_be(const char *detail)
{
    struct mst_world_call call = {.verdict = MST_DONE};

    (void)mst_world_run(&world, show, &call);
    ck_assert_str_eq(call.meta_text, detail);
}

static void begin(const char *detail)
{
    struct mst_world_call call = {.meta = detail};

    mst_world_open(&world, 1, NULL);
    (void)mst_world_run(&world, set_detail, &call);
}

MST_TEST(tags_come_and_go_in_an_empty_detail)
{
    begin("");
    ck_assert_int_eq(run(true, "a\"b"), MST_DONE);
    must_be("{\"tags\":[\"a\\\"b\"]}");
    ck_assert_int_eq(run(true, "a\"b"), MST_DONE);
    must_be("{\"tags\":[\"a\\\"b\"]}");
    ck_assert_int_eq(run(true, "c"), MST_DONE);
    must_be("{\"tags\":[\"a\\\"b\",\"c\"]}");
    ck_assert_int_eq(run(false, "nosuch"), MST_NOT_FOUND);
    ck_assert_int_eq(run(false, "a\"b"), MST_DONE);
    must_be("{\"tags\":[\"c\"]}");
    ck_assert_int_eq(run(false, "c"), MST_DONE);
    must_be("");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_rest_of_a_detail_stays)
{
    begin("{\"rule\":{\"script\":\"tags\"},\"subscribe\":null}");
    ck_assert_int_eq(run(true, "x"), MST_DONE);
    must_be("{\"rule\":{\"script\":\"tags\"},\"subscribe\":null,\"tags\":[\"x\"]}");
    ck_assert_int_eq(run(false, "x"), MST_DONE);
    must_be("{\"rule\":{\"script\":\"tags\"},\"subscribe\":null}");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_tag_is_a_line_of_text_and_there_are_so_many)
{
    char tag[MST_TAG_MAX + 2];

    begin("");
    memset(tag, 't', sizeof tag);
    tag[MST_TAG_MAX + 1] = '\0';
    ck_assert_int_eq(run(true, tag), MST_BAD_VALUE);
    ck_assert_int_eq(run(true, ""), MST_BAD_VALUE);
    ck_assert_int_eq(run(true, "a\nb"), MST_BAD_VALUE);
    tag[MST_TAG_MAX] = '\0';
    ck_assert_int_eq(run(true, tag), MST_DONE);
    for (int i = 1; i < MST_TAGS_MAX; i++) {
        (void)snprintf(tag, sizeof tag, "t%d", i);
        ck_assert_int_eq(run(true, tag), MST_DONE);
    }
    ck_assert_int_eq(run(true, "one more"), MST_NO_ROOM);
    ck_assert_int_eq(run(true, "t5"), MST_DONE);
    ck_assert_int_eq(run(false, "t5"), MST_DONE);
    ck_assert_int_eq(run(true, "one more"), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/tag", tags_come_and_go_in_an_empty_detail, the_rest_of_a_detail_stays,
          a_tag_is_a_line_of_text_and_there_are_so_many)
