/* RFC 6455 frame by frame. Peers' frames are made here, not by the library that reads them. */
#include <string.h>

#include "front/ws/frames.h"
#include "tests/lib/unit.h"

enum { MAX = 300000 };

static struct mst_ws_frames *frames;
static struct mst_buf in;

/* How a peer's frame departs from the usual: one that is final and masked. */
enum { MORE = 1, BARE = 2, RSV1 = 4, RSV2 = 8, RSV3 = 16, LONG = 32 };

static void add(unsigned how, unsigned opcode, struct mst_span payload)
{
    static const unsigned char mask[4] = {0xa1, 0x02, 0xff, 0x40};
    unsigned char first =
        (unsigned char)((how & MORE ? 0 : 0x80) | (how & RSV1 ? 0x40 : 0) |
                        (how & RSV2 ? 0x20 : 0) | (how & RSV3 ? 0x10 : 0) | opcode);
    unsigned bit = how & BARE ? 0 : 0x80;
    unsigned n_length = how & LONG ? 8 : payload.len < 126 ? 0 : payload.len < 65536 ? 2 : 8;

    (void)mst_buf_add_byte(&in, (char)first);
    (void)mst_buf_add_byte(&in, (char)(bit | (n_length == 0   ? (unsigned)payload.len
                                              : n_length == 2 ? 126
                                                              : 127)));
    for (unsigned i = n_length; i-- > 0;)
        (void)mst_buf_add_byte(&in, (char)(payload.len >> (8 * i)));
    if (bit)
        (void)mst_buf_add(&in, mst_span_of(mask, sizeof mask));
    for (size_t i = 0; i < payload.len; i++)
        (void)mst_buf_add_byte(&in, (char)(payload.ptr[i] ^ (bit ? mask[i % 4] : 0)));
    ck_assert_int_eq(mst_buf_err(&in), MST_OK);
}

static void add_text(unsigned how, unsigned opcode, const char *payload)
{
    add(how, opcode, mst_span_str(payload));
}

static void begin(void)
{
    ck_assert_int_eq(mst_ws_frames_new(MAX, &frames), MST_OK);
    mst_buf_init(&in, 16 * MAX);
}

static void end(void)
{
    mst_ws_frames_free(frames);
    mst_buf_fini(&in);
}

/* Reads what was added in segments of `step` bytes, and tells what came out in one line of text. */
static const char *told(size_t step)
{
    static char text[2048];
    struct mst_span all = mst_buf_span(&in);
    size_t at = 0, used = 0;

    text[0] = '\0';
    while (used < all.len) {
        struct mst_span part = mst_span_cut(all, used, used + step);
        struct mst_cur cur = mst_cur_of(part);
        struct mst_ws_frame frame;
        enum mst_err err = MST_OK;
        unsigned code = 0;

        used += part.len;
        while ((err = mst_ws_frames_read(frames, &cur, &frame, &code)) == MST_OK) {
            at += (size_t)snprintf(&text[at], sizeof text - at, "%d", (int)frame.opcode);
            if (frame.code)
                at += (size_t)snprintf(&text[at], sizeof text - at, "/%u", frame.code);
            at += (size_t)snprintf(&text[at], sizeof text - at, ":%.*s ", (int)frame.payload.len,
                                   frame.code ? "" : frame.payload.ptr);
        }
        if (err == MST_EMORE) {
            ck_assert(mst_cur_at_end(&cur));
            continue;
        }
        ck_assert_int_eq(err, MST_ESYNTAX);
        (void)snprintf(&text[at], sizeof text - at, "!%u", code);
        break;
    }
    mst_buf_clear(&in);
    return text;
}

struct part {
    unsigned how, opcode;
    const char *payload;
};

static const struct {
    struct part parts[5];
    const char *told;
} rows[] = {
    {{{0, 1, "{}"}},                                             "1:{} "              },
    {{{0, 2, "{}"}},                                             "2:{} "              },
    {{{0, 1, ""}},                                               "1: "                },
    {{{0, 1, "a"}, {0, 1, "b"}},                                 "1:a 1:b "           },
    {{{MORE, 1, "a"}, {MORE, 0, "b"}, {0, 0, "c"}, {0, 1, "d"}}, "1:abc 1:d "         },
    {{{MORE, 1, ""}, {MORE, 0, ""}, {0, 0, ""}},                 "1: "                },
    {{{MORE, 1, "a"}, {0, 9, "p"}, {0, 0, "b"}},                 "9:p 1:ab "          },
    {{{MORE, 1, "a"}, {0, 10, "p"}, {0, 9, ""}, {0, 0, "b"}},    "10:p 9: 1:ab "      },
    {{{MORE, 2, "a"}, {0, 8, "\x03\xe8"}},                       "8/1000: "           },
    {{{0, 8, ""}},                                               "8/1005: "           },
    {{{0, 8, "\x03\xe9 bye"}},                                   "8/1001: "           },
    {{{0, 8, "\x0b\xb8"}},                                       "8/3000: "           },
    {{{0, 8, "\x13\x87"}},                                       "8/4999: "           },
 /* a code in one byte, codes that nobody may send, a reason that is not UTF-8 */
    {{{0, 8, "\x03"}},                                           "!1002"              },
    {{{0, 8, "\x03\xe7"}},                                       "!1002"              },
    {{{0, 8, "\x03\xec"}},                                       "!1002"              },
    {{{0, 8, "\x03\xed"}},                                       "!1002"              },
    {{{0, 8, "\x03\xee"}},                                       "!1002"              },
    {{{0, 8, "\x03\xf8"}},                                       "!1002"              },
    {{{0, 8, "\x0b\xb7"}},                                       "!1002"              },
    {{{0, 8, "\x13\x88"}},                                       "!1002"              },
    {{{0, 8, "\x03\xe8\xff"}},                                   "!1007"              },
 /* reserved bits and opcodes, masks that are missing */
    {{{RSV1, 1, "a"}},                                           "!1002"              },
    {{{RSV2, 1, "a"}},                                           "!1002"              },
    {{{RSV3, 9, ""}},                                            "!1002"              },
    {{{0, 3, "a"}},                                              "!1002"              },
    {{{0, 7, ""}},                                               "!1002"              },
    {{{0, 11, "a"}},                                             "!1002"              },
    {{{0, 15, ""}},                                              "!1002"              },
    {{{BARE, 1, "a"}},                                           "!1002"              },
    {{{BARE, 9, ""}},                                            "!1002"              },
    {{{0, 1, "a"}, {BARE, 1, "b"}},                              "1:a !1002"          },
 /* pieces of nothing, a message within a message, control frames in pieces */
    {{{0, 0, "a"}},                                              "!1002"              },
    {{{MORE, 0, "a"}},                                           "!1002"              },
    {{{MORE, 1, "a"}, {0, 1, "b"}},                              "!1002"              },
    {{{MORE, 1, "a"}, {0, 0, "b"}, {0, 0, "c"}},                 "1:ab !1002"         },
    {{{MORE, 9, "a"}},                                           "!1002"              },
    {{{MORE, 8, "\x03\xe8"}},                                    "!1002"              },
 /* a length that is written longer than it has to be */
    {{{LONG, 1, "a"}},                                           "!1002"              },
 /* UTF-8: over frames, cut short, overlong, a surrogate, beyond the last; none asked of binary */
    {{{MORE, 1, "\xc3"}, {0, 0, "\xa9"}},                        "1:\xc3\xa9 "        },
    {{{0, 1, "\xf0\x9f\x92\xa7"}},                               "1:\xf0\x9f\x92\xa7 "},
    {{{0, 1, "a\xc3"}},                                          "!1007"              },
    {{{0, 1, "\xc0\xaf"}},                                       "!1007"              },
    {{{0, 1, "\xed\xa0\x80"}},                                   "!1007"              },
    {{{0, 1, "\xf4\x90\x80\x80"}},                               "!1007"              },
    {{{MORE, 1, "a"}, {0, 0, "\xff"}},                           "!1007"              },
    {{{0, 2, "\xff"}},                                           "2:\xff "            },
};

MST_TEST(frames_are_understood_however_they_are_cut)
{
    static const size_t steps[] = {1, 2, 3, 7, 4096};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
            const char *text;

            begin();
            for (const struct part *part = rows[i].parts; part->payload; part++)
                add_text(part->how, part->opcode, part->payload);
            text = told(steps[k]);
            ck_assert_msg(strcmp(text, rows[i].told) == 0, "row %zu, step %zu: %s", i, steps[k],
                          text);
            end();
        }
    }
}
MST_TEST_END

MST_TEST(a_control_frame_has_at_most_125_bytes)
{
    char bytes[126];

    memset(bytes, 'x', sizeof bytes);
    begin();
    add(0, 9, mst_span_of(bytes, 125));
    add(0, 9, mst_span_of(bytes, 126));
    ck_assert_str_eq(strchr(told(4096), '!'), "!1002");
    end();
}
MST_TEST_END

/* The code that a message of n bytes, after one of before bytes in a piece, ends with; 0: it is read. */
static unsigned judge_size(size_t before, size_t n)
{
    static char bytes[MAX + 1];
    struct mst_ws_frame frame;
    unsigned code = 0;
    struct mst_cur cur;

    memset(bytes, 'x', sizeof bytes);
    begin();
    if (before > 0)
        add(MORE, 1, mst_span_of(bytes, before));
    add(0, before > 0 ? 0 : 1, mst_span_of(bytes, n));
    cur = mst_cur_of(mst_buf_span(&in));
    if (mst_ws_frames_read(frames, &cur, &frame, &code) == MST_OK)
        ck_assert_uint_eq(frame.payload.len, before + n);
    end();
    return code;
}

MST_TEST(a_message_has_its_limit_whole_or_in_pieces)
{
    ck_assert_uint_eq(judge_size(0, MAX - 1), 0);
    ck_assert_uint_eq(judge_size(0, MAX), 0);
    ck_assert_uint_eq(judge_size(0, MAX + 1), MST_WS_TOO_BIG);
    ck_assert_uint_eq(judge_size(1, MAX - 1), 0);
    ck_assert_uint_eq(judge_size(1, MAX), MST_WS_TOO_BIG);
    ck_assert_uint_eq(judge_size(MAX, 1), MST_WS_TOO_BIG);
}
MST_TEST_END

MST_TEST(a_frame_that_is_too_long_is_refused_before_it_has_come)
{
    struct mst_ws_frame frame;
    unsigned code = 0;
    struct mst_cur cur = mst_cur_of(MST_LIT("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
                                            "abcdx"));

    begin();
    ck_assert_int_eq(mst_ws_frames_read(frames, &cur, &frame, &code), MST_ESYNTAX);
    ck_assert_uint_eq(code, MST_WS_TOO_BIG);
    end();
}
MST_TEST_END

static void expect_written(unsigned opcode, size_t n, const char *head, size_t n_head)
{
    static char bytes[70000];
    struct mst_buf out;

    memset(bytes, 'x', sizeof bytes);
    mst_buf_init(&out, 100000);
    ck_assert_int_eq(
        mst_ws_frames_write(frames, &out, (enum mst_ws_opcode)opcode, mst_span_of(bytes, n)),
        MST_OK);
    ck_assert_uint_eq(out.len, n_head + n);
    ck_assert(mst_span_starts(mst_buf_span(&out), mst_span_of(head, n_head)));
    mst_buf_fini(&out);
}

MST_TEST(frames_are_written_final_and_bare_with_the_shortest_length)
{
    begin();
    expect_written(1, 0, "\x81\x00", 2);
    expect_written(1, 125, "\x81\x7d", 2);
    expect_written(1, 126, "\x81\x7e\x00\x7e", 4);
    expect_written(1, 65535, "\x81\x7e\xff\xff", 4);
    expect_written(1, 65536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
    expect_written(9, 0, "\x89\x00", 2);
    end();
}
MST_TEST_END

MST_TEST(a_close_frame_says_why_unless_nobody_did)
{
    struct mst_buf out;

    begin();
    mst_buf_init(&out, 100);
    (void)mst_ws_frames_write_close(frames, &out, 1002);
    (void)mst_ws_frames_write_close(frames, &out, MST_WS_NO_CODE);
    ck_assert(mst_span_eq(mst_buf_span(&out), MST_LIT("\x88\x02\x03\xea\x88\x00")));
    mst_buf_fini(&out);
    end();
}
MST_TEST_END

MST_TEST(a_frame_that_does_not_fit_is_an_error)
{
    struct mst_buf out;

    begin();
    mst_buf_init(&out, 3);
    ck_assert_int_eq(mst_ws_frames_write(frames, &out, MST_WS_TEXT, MST_LIT("abc")), MST_EFULL);
    mst_buf_fini(&out);
    end();
}
MST_TEST_END

MST_TESTS("front/ws/frames", frames_are_understood_however_they_are_cut,
          a_control_frame_has_at_most_125_bytes, a_message_has_its_limit_whole_or_in_pieces,
          a_frame_that_is_too_long_is_refused_before_it_has_come,
          frames_are_written_final_and_bare_with_the_shortest_length,
          a_close_frame_says_why_unless_nobody_did, a_frame_that_does_not_fit_is_an_error)
