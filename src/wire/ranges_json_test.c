#include <string.h>

#include "tests/lib/unit.h"
#include "wire/ranges_json.h"

enum { MAX = 4 };

static struct mst_arena arena;

/* What was read, written anew; how reading ended. */
static enum mst_err again(const char *text, struct mst_buf *out)
{
    struct mst_sn_range *ranges;
    size_t n;
    enum mst_err err;

    mst_arena_reset(&arena);
    mst_buf_clear(out);
    err = mst_ranges_json_read(mst_span_str(text), &arena, MAX, &ranges, &n);
    for (size_t i = 0; i < n && err == MST_OK; i++) {
        (void)mst_buf_add_str(out, i ? "," : "");
        (void)mst_ranges_json_put(out, &ranges[i]);
    }
    return err;
}

#define MAC_RANGE                                                                          \
    "{\"format\":\"mac:48\",\"length\":null,\"casing\":\"upper\",\"first\":1108152157440," \
    "\"last\":"                                                                            \
    "1108152157695}"
#define ONE_TO_NINE "{\"format\":\"base10\",\"length\":null,\"casing\":null,\"first\":1,\"last\":9}"
#define ALL_OF_16                                                                     \
    "{\"format\":\"base16\",\"length\":16,\"casing\":\"lower\",\"first\":0,\"last\":" \
    "18446744073709551615}"

MST_TEST(ends_can_be_written_as_text)
{
    const struct mst_sn_range all = {
        .shape = {MST_SN_BASE16, MST_SN_LOWER, 16},
          .first = 0, .last = UINT64_MAX
    };
    struct mst_buf out;

    mst_buf_init(&out, 4096);
    ck_assert_int_eq(mst_ranges_json_put_text(&out, &all), MST_OK);
    ck_assert_span_str(mst_buf_span(&out),
                       "{\"format\":\"base16\",\"length\":16,\"casing\":\"lower\",\"first\":\"0\","
                       "\"last\":\"18446744073709551615\"}");
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TEST(every_form_that_clients_send_is_read_without_loss)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"[]",                                                                          ""                       },
        {"{\"ranges\":[]}",                                                             ""                       },
        {"[" MAC_RANGE "]",                                                             MAC_RANGE                },
        {"{\"ranges\":[" MAC_RANGE "]}",                                                MAC_RANGE                },
        {" { \"ranges\" : [ " ONE_TO_NINE " , " ALL_OF_16 " ] } \n",                    ONE_TO_NINE "," ALL_OF_16},
        {"[{\"last\":9,\"first\":1,\"format\":\"base10\"}]",                            ONE_TO_NINE              },
        {"[{\"last\":\"9\",\"first\":\"1\",\"format\":\"base10\"}]",                    ONE_TO_NINE              },
        {"[{\"last\":9,\"first\":\"01\",\"format\":\"base\\u00310\",\"length\":null}]",
         ONE_TO_NINE                                                                                             },
        {"[{\"format\":\"base16\",\"length\":\"16\",\"casing\":\"lower\",\"first\":\"0\","
         "\"last\":\"18446744073709551615\"}]",                                ALL_OF_16                },
        {"{\"x\":[{\"format\":7}],\"ranges\":[{\"note\":{\"first\":[]},\"format\":\"base10\","
         "\"first\":1,\"last\":9}],\"y\":null}",                               ONE_TO_NINE              },
    };
    struct mst_buf out;

    mst_arena_init(&arena, 100000);
    mst_buf_init(&out, 10000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(again(rows[i].text, &out) == MST_OK, "%s", rows[i].text);
        ck_assert_span_str(mst_buf_span(&out), rows[i].want);
    }
    mst_buf_fini(&out);
    mst_arena_fini(&arena);
}
MST_TEST_END

#define WITH(members) "[{\"format\":\"base16\",\"first\":1,\"last\":9," members "}]"
#define ENDS(ends)    "[{\"format\":\"base10\"," ends "}]"

MST_TEST(every_bad_form_is_refused)
{
    static const struct {
        const char *text;
        enum mst_err err;
    } rows[] = {
        {"",                                                                                  MST_ESYNTAX},
        {"null",                                                                              MST_ESYNTAX},
        {"{}",                                                                                MST_ESYNTAX},
        {"[]x",                                                                               MST_ESYNTAX},
        {"{\"ranges\":null}",                                                                 MST_ESYNTAX},
        {"{\"ranges\":{}}",                                                                   MST_ESYNTAX},
        {"{\"ranges\":[],\"ranges\":[]}",                                                     MST_ESYNTAX},
        {"{\"Ranges\":[]}",                                                                   MST_ESYNTAX},
        {"[[]]",                                                                              MST_ESYNTAX},
        {"[1]",                                                                               MST_ESYNTAX},
        {"[{}]",                                                                              MST_ESYNTAX},
        {"[" ONE_TO_NINE,                                                                     MST_ESYNTAX},
        {"[" ONE_TO_NINE ",]",                                                                MST_ESYNTAX},
        {WITH("\"first\":1"),                                                                 MST_ESYNTAX}, /* twice */
        {"[{\"first\":1,\"last\":9}]",                                                        MST_ESYNTAX},
        {"[{\"format\":null,\"first\":1,\"last\":9}]",                                        MST_ESYNTAX},
        {ENDS("\"first\":1"),                                                                 MST_ESYNTAX},
        {ENDS("\"first\":null,\"last\":9"),                                                   MST_ESYNTAX},
        {ENDS("\"first\":true,\"last\":9"),                                                   MST_ESYNTAX},
        {ENDS("\"first\":01,\"last\":9"),                                                     MST_ESYNTAX},
        {ENDS("\"first\":-1,\"last\":9"),                                                     MST_EINVAL },
        {ENDS("\"first\":1.0,\"last\":9"),                                                    MST_EINVAL },
        {ENDS("\"first\":1e0,\"last\":9"),                                                    MST_EINVAL },
        {ENDS("\"first\":\"\",\"last\":9"),                                                   MST_EINVAL },
        {ENDS("\"first\":\" 1\",\"last\":9"),                                                 MST_EINVAL },
        {ENDS("\"first\":\"0x1\",\"last\":9"),                                                MST_EINVAL },
        {ENDS("\"first\":9,\"last\":1"),                                                      MST_EINVAL },
        {ENDS("\"first\":0,\"last\":18446744073709551616"),                                   MST_EINVAL },
        {ENDS("\"first\":0,\"last\":\"18446744073709551616\""),                               MST_EINVAL },
        {ENDS("\"first\":0,\"last\":9,\"casing\":\"upper\""),                                 MST_EINVAL },
        {"[{\"format\":\"base8\",\"first\":1,\"last\":9}]",                                   MST_EINVAL },
        {"[{\"format\":\"mac:48\",\"first\":0,\"last\":281474976710656}]",                    MST_EINVAL },
        {"[{\"format\":\"mac:48\",\"first\":0,\"last\":1,\"length\":12}]",                    MST_EINVAL },
        {WITH("\"casing\":\"Upper\""),                                                        MST_EINVAL },
        {WITH("\"casing\":\"\""),                                                             MST_EINVAL },
        {WITH("\"casing\":1"),                                                                MST_ESYNTAX},
        {WITH("\"length\":0"),                                                                MST_EINVAL },
        {WITH("\"length\":129"),                                                              MST_EINVAL },
        {WITH("\"length\":1.5"),                                                              MST_EINVAL },
        {WITH("\"length\":[]"),                                                               MST_ESYNTAX},
        {"[{\"format\":\"base10\",\"length\":1,\"first\":1,\"last\":10}]",                    MST_EINVAL },
        {"[" ONE_TO_NINE "," ONE_TO_NINE "," ONE_TO_NINE "," ONE_TO_NINE "," ONE_TO_NINE "]",
         MST_EFULL                                                                                       },
    };
    struct mst_buf out;

    mst_arena_init(&arena, 100000);
    mst_buf_init(&out, 10000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum mst_err err = again(rows[i].text, &out);
        ck_assert_msg(err == rows[i].err, "%s: %s", rows[i].text, mst_err_text(err));
    }
    mst_buf_fini(&out);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(without_memory_reading_says_so)
{
    struct mst_sn_range *ranges = NULL;
    size_t n = 77;

    mst_arena_init(&arena, 1);
    ck_assert_int_eq(mst_ranges_json_read(MST_LIT("[]"), &arena, MAX, &ranges, &n), MST_ENOMEM);
    ck_assert_ptr_null(ranges);
    ck_assert_uint_eq(n, 77);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("wire/ranges_json", ends_can_be_written_as_text,
          every_form_that_clients_send_is_read_without_loss, every_bad_form_is_refused,
          without_memory_reading_says_so)
