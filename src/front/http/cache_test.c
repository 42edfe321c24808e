#include <string.h>

#include "front/http/cache.h"
#include "tests/lib/unit.h"

static const char cik_a[] = "0123456789012345678901234567890123456789";
static const char cik_b[] = "9123456789012345678901234567890123456789";
static struct mst_store store;
static struct mst_cache *cache;

enum { CLIENT = 7, PORT = 9 };

static void begin(void)
{
    memset(&store, 0, sizeof store);
    cache = mst_cache_new(&store);
    ck_assert_ptr_nonnull(cache);
}

static bool knows(const char *cik, const char *query, const char *reply)
{
    struct mst_buf out;
    bool is_found;

    mst_buf_init(&out, 256);
    is_found = mst_cache_find(cache, mst_span_str(cik), mst_span_str(query), &out);
    if (is_found)
        ck_assert_span_str(mst_buf_span(&out), reply);
    mst_buf_fini(&out);
    return is_found;
}

static void remember(const char *cik, const char *query, const char *reply)
{
    mst_cache_begin(cache);
    mst_cache_add(cache, mst_span_str(cik), mst_span_str(query), CLIENT, PORT, mst_span_str(reply));
}

static void publish(enum mst_table table, int64_t id)
{
    struct mst_tx tx = {0};
    size_t shard = mst_shard_of(table, id);

    tx.touched[shard / 64] = UINT64_C(1) << (shard % 64);
    mst_store_publish(&store, &tx);
}

MST_TEST(a_reply_is_given_again_to_the_same_key_and_query_only)
{
    begin();
    remember(cik_a, "temp", "temp=1");
    ck_assert(knows(cik_a, "temp", "temp=1"));
    ck_assert(!knows(cik_b, "temp", ""));
    ck_assert(!knows(cik_a, "temq", ""));
    ck_assert(!knows(cik_a, "", ""));
    ck_assert(!knows("", "temp", ""));
    mst_cache_free(cache);
}
MST_TEST_END

MST_TEST(a_change_of_any_row_it_came_from_ends_it)
{
    static const struct {
        enum mst_table table;
        int64_t id;
    } rows[] = {
        {MST_TABLE_CLIENT,   CLIENT},
        {MST_TABLE_ALIAS,    CLIENT},
        {MST_TABLE_RESOURCE, PORT  },
        {MST_TABLE_POINT,    PORT  }
    };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        remember(cik_a, "temp", "temp=1");
        ck_assert(knows(cik_a, "temp", "temp=1"));
        publish(rows[i].table, rows[i].id);
        ck_assert(!knows(cik_a, "temp", ""));
    }
    mst_cache_free(cache);
}
MST_TEST_END

MST_TEST(changes_of_other_rows_leave_it)
{
    begin();
    remember(cik_a, "temp", "temp=1");
    publish(MST_TABLE_CLIENT, CLIENT + 1);
    publish(MST_TABLE_POINT, PORT + 1);
    ck_assert(knows(cik_a, "temp", "temp=1"));
    mst_cache_free(cache);
}
MST_TEST_END

MST_TEST(what_was_published_while_it_was_read_keeps_it_out)
{
    begin();
    mst_cache_begin(cache);
    publish(MST_TABLE_CLIENT, CLIENT + 1);
    mst_cache_add(cache, mst_span_str(cik_a), MST_LIT("temp"), CLIENT, PORT, MST_LIT("temp=1"));
    ck_assert(!knows(cik_a, "temp", ""));
    mst_cache_free(cache);
}
MST_TEST_END

MST_TEST(what_is_too_long_is_not_kept)
{
    char text[256];

    begin();
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    remember(cik_a, text, "x=1");
    remember(cik_a, "x", text);
    ck_assert(!knows(cik_a, text, ""));
    ck_assert(!knows(cik_a, "x", ""));
    mst_cache_free(cache);
}
MST_TEST_END

MST_TESTS("front/http/cache", a_reply_is_given_again_to_the_same_key_and_query_only,
          a_change_of_any_row_it_came_from_ends_it, changes_of_other_rows_leave_it,
          what_was_published_while_it_was_read_keeps_it_out, what_is_too_long_is_not_kept)
