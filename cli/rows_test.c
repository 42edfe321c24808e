#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/rows.h"
#include "tests/lib/unit.h"

/* A file with these bytes, read from its beginning; its name is gone already. */
static int file_of(struct mst_span bytes)
{
    char path[] = "/tmp/muster-rows-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* "line:field|field;" for a row, "line!problem;" for one that is none. */
static void describe(struct cli_rows *rows, struct mst_buf *out)
{
    struct cli_csv_row row;
    enum mst_err err;

    while ((err = cli_rows_next(rows, &row)) != MST_ENOENT) {
        (void)mst_buf_addf(out, "%zu", row.line);
        if (err == MST_EINVAL) {
            (void)mst_buf_addf(out, "!%s;", rows->problem);
            continue;
        }
        ck_assert_int_eq(err, MST_OK);
        for (size_t i = 0; i < row.n_fields; i++) {
            (void)mst_buf_add_byte(out, i > 0 ? '|' : ':');
            (void)mst_buf_add(out, row.fields[i]);
        }
        (void)mst_buf_add_byte(out, ';');
    }
    (void)mst_buf_add_byte(out, '\0');
    ck_assert_int_eq(mst_buf_err(out), MST_OK);
}

#define QUOTE "a double quote does not end, or text follows it"

static const struct {
    const char *csv;
    char separator;
    const char *rows;
} READ[] = {
    {"",                         ',',  ""                        },
    {"\xef\xbb\xbf",             ',',  ""                        },
    {"\n\r\n \t\n\n",            ',',  ""                        },
    {"a\nb",                     ',',  "1:a;2:b;"                },
    {"a,x\r\n\r\n  \r\nb,\r\n",  ',',  "1:a|x;4:b|;"             },
    {"\xef\xbb\xbf"
     "a\n",                 ',',  "1:a;"                    },
    {" a , x \n",                ',',  "1: a | x ;"              },
    {"\"a\",\"x,\"\"y\"\"\"\nb", ',',  "1:a|x,\"y\";2:b;"        },
    {"\"a\nb\"\nc",              ',',  "1:a\nb;3:c;"             },
    {"a;b,c\n",                  ';',  "1:a|b,c;"                },
    {"a\tb\t\n",                 '\t', "1:a|b|;"                 },
    {"a\n\"b\nc\nd",             ',',  "1:a;2!" QUOTE ";3:c;4:d;"},
    {"\"a\"b\nc\n",              ',',  "1!" QUOTE ";2:c;"        },
    {"a\rb\n",                   ',',  "1:a\rb;"                 },
    {"\xef\xbb",                 ',',  "1:\xef\xbb;"             },
};

MST_TEST(rows_are_read_and_a_bad_one_ends_with_its_line)
{
    for (size_t i = 0; i < sizeof READ / sizeof READ[0]; i++) {
        int fd = file_of(mst_span_str(READ[i].csv));
        struct cli_rows rows;
        struct mst_buf got;

        mst_buf_init(&got, 4096);
        cli_rows_init(&rows, fd, READ[i].separator);
        describe(&rows, &got);
        ck_assert_str_eq(got.ptr, READ[i].rows);
        ck_assert_uint_eq(cli_rows_place(&rows).offset, strlen(READ[i].csv));
        cli_rows_fini(&rows);
        mst_buf_fini(&got);
        (void)close(fd);
    }
}
MST_TEST_END

/* A row of len bytes at whatever place in the window, then a good one. */
static void long_row(size_t before, size_t len, char filler, const char *want)
{
    struct mst_buf text, got;
    struct cli_rows rows;
    int fd;

    mst_buf_init(&text, 11 * CLI_ROW_MAX);
    mst_buf_init(&got, 11 * CLI_ROW_MAX);
    for (size_t i = 0; i < before; i++)
        (void)mst_buf_add_byte(&text, '\n');
    for (size_t i = 0; i < len; i++)
        (void)mst_buf_add_byte(&text, filler);
    (void)mst_buf_add_str(&text, "\nz\n");
    fd = file_of(mst_buf_span(&text));
    cli_rows_init(&rows, fd, ',');
    describe(&rows, &got);
    if (want[0] == '!')
        ck_assert_ptr_nonnull(strstr(got.ptr, want));
    else
        ck_assert_uint_gt(strlen(got.ptr), len);
    ck_assert_str_eq(&got.ptr[strlen(got.ptr) - 3], ":z;");
    cli_rows_fini(&rows);
    mst_buf_fini(&text);
    mst_buf_fini(&got);
    (void)close(fd);
}

MST_TEST(what_is_longer_than_129_kib_is_no_row_wherever_it_lies)
{
    static const size_t befores[] = {0, 1000, 3 * CLI_ROW_MAX - 5, 4 * CLI_ROW_MAX - 1};

    for (size_t i = 0; i < sizeof befores / sizeof befores[0]; i++) {
        long_row(befores[i], CLI_ROW_MAX - 1, 'x', "");
        long_row(befores[i], CLI_ROW_MAX, 'x', "!longer than 129 KiB;");
        long_row(befores[i], 6 * CLI_ROW_MAX, 'x', "!longer than 129 KiB;");
        long_row(befores[i], 6 * CLI_ROW_MAX, ' ', "!longer than 129 KiB;");
        long_row(befores[i], 200, ',', "!more than 64 columns;");
    }
}
MST_TEST_END

MST_TEST(reading_goes_on_at_a_place_unless_the_bytes_before_it_changed)
{
    int fd = file_of(MST_LIT("a\n\nb\nc\n")), other = file_of(MST_LIT("a\n\nB\nc\n"));
    struct cli_csv_row row;
    struct cli_rows rows;
    struct cli_place place;

    cli_rows_init(&rows, fd, ',');
    ck_assert_int_eq(cli_rows_next(&rows, &row), MST_OK);
    ck_assert_int_eq(cli_rows_next(&rows, &row), MST_OK);
    place = cli_rows_place(&rows);
    ck_assert_uint_eq(place.offset, 5);
    ck_assert_uint_eq(place.line, 4);
    cli_rows_fini(&rows);

    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    cli_rows_init(&rows, fd, ',');
    ck_assert_int_eq(cli_rows_go(&rows, &place), MST_OK);
    ck_assert_int_eq(cli_rows_next(&rows, &row), MST_OK);
    ck_assert_uint_eq(row.line, 4);
    ck_assert_span_str(row.fields[0], "c");
    ck_assert_int_eq(cli_rows_next(&rows, &row), MST_ENOENT);
    cli_rows_fini(&rows);

    cli_rows_init(&rows, other, ',');
    ck_assert_int_eq(cli_rows_go(&rows, &place), MST_EREFUSED);
    ck_assert_int_eq(cli_rows_next(&rows, &row), MST_OK);
    ck_assert_span_str(row.fields[0], "a");
    place.offset = 100;
    cli_rows_fini(&rows);
    cli_rows_init(&rows, other, ',');
    ck_assert_int_eq(cli_rows_go(&rows, &place), MST_EREFUSED);
    cli_rows_fini(&rows);
    (void)close(fd);
    (void)close(other);
}
MST_TEST_END

MST_TEST(a_file_that_cannot_be_read_says_so)
{
    struct cli_csv_row row;
    struct cli_rows rows;
    int fd = open("/tmp", O_RDONLY);

    cli_rows_init(&rows, fd, ',');
    ck_assert_int_eq(cli_rows_next(&rows, &row), MST_EIO);
    cli_rows_fini(&rows);
    (void)close(fd);
}
MST_TEST_END

MST_TESTS("cli/rows", rows_are_read_and_a_bad_one_ends_with_its_line,
          what_is_longer_than_129_kib_is_no_row_wherever_it_lies,
          reading_goes_on_at_a_place_unless_the_bytes_before_it_changed,
          a_file_that_cannot_be_read_says_so)
