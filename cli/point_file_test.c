/* Points in files: every form, and what is said of lines that are none. */
#include "cli/point_file.h"

#include <unistd.h>

#include "base/limits.h"
#include "tests/lib/unit.h"

enum { TEXT_MAX = 4096 };

/* All points as "line:at=value;", and the problem behind a "!". */
static void read_all(const char *text, size_t len, bool is_json, char ret_seen[TEXT_MAX])
{
    FILE *source = tmpfile();
    struct cli_point_file file;
    struct cli_point point;
    enum mst_err err = MST_OK;
    size_t used = 0;

    ck_assert_ptr_nonnull(source);
    ck_assert_uint_eq(fwrite(text, 1, len, source), len);
    rewind(source);
    ck_assert_int_eq(cli_point_file_open(&file, dup(fileno(source)), is_json), MST_OK);
    ret_seen[0] = '\0'; /* a long value is cut there */
    while (used < TEXT_MAX && (err = cli_point_file_next(&file, &point)) == MST_OK)
        used += (size_t)snprintf(&ret_seen[used], TEXT_MAX - used, "%zu:%lld=%.*s;", point.line,
                                 (long long)point.at, (int)point.value.len, point.value.ptr);
    if (err == MST_EINVAL)
        (void)snprintf(&ret_seen[used], TEXT_MAX - used, "%zu!%s", point.line, file.problem);
    else
        ck_assert_int_eq(err, used < TEXT_MAX ? MST_ENOENT : MST_OK);
    cli_point_file_close(&file);
    (void)fclose(source);
}

static const struct {
    const char *text;
    bool is_json;
    const char *seen;
} FILES[] = {
    {"",                                                    false, ""                                                 },
    {"",                                                    true,  ""                                                 },
    {"1700000000,21.5\r\n\r\n-5, two\n",                    false, "1:1700000000=21.5;3:-5= two;"                     },
    {"1,\"a,\"\"b\"\"\nc\"\n2,",                            false, "1:1=a,\"b\"\nc;3:2=;"                             },
    {"1,a\nts,value\n3,c\n",                                false, "1:1=a;2!the time is not a number of seconds"      },
    {"ts,value\r\n5,a\n",                                   false, "2:5=a;"                                           },
    {"ts,value\nts,value\n",                                false, "2!the time is not a number of seconds"            },
    {"Time,Value\n5,a\n",                                   false,
     "1!the time is not a number of seconds (a heading is left out by --from-line 2)"                                 },
    {"1,2\n{\"ts\":1,\"value\":2}\n",                       false, "1:1=2;2!this is a line of JSON: add --format json"},
    {"[1,2]\n",                                             false, "1!this is a line of JSON: add --format json"      },
    {"2,3\n1.5,a\n",                                        false, "1:2=3;2!the time is not a number of seconds"      },
    {"1\n",                                                 false, "1!a point is written ts,value"                    },
    {"1,a,b\n",                                             false, "1!a point is written ts,value"                    },
    {"{\"ts\":1,\"value\":21.5}\n\n[-2, \"a\\nb\"]\n[3,4]", true,  "1:1=21.5;3:-2=a\nb;4:3=4;"                        },
    {"[1,2]\n{\"ts\":\"1\",\"value\":2}\n",                 true,  "1:1=2;2!the time is not a number of seconds"      },
    {"{\"ts\":1}\n",                                        true,  "1!the value is neither text nor a number"         },
    {"[1,null]\n",                                          true,  "1!the value is neither text nor a number"         },
    {"[1,2,3]\n",                                           true,
     "1!a point is written {\"ts\": 1798675199, \"value\": 21.5}, or as a list of the two"                            },
    {"1,2\n",                                               true,
     "1!a point is written {\"ts\": 1798675199, \"value\": 21.5}, or as a list of the two"                            },
};

MST_TEST(points_are_read_from_both_kinds_of_files_and_bad_lines_are_told)
{
    char seen[TEXT_MAX];

    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        read_all(FILES[i].text, strlen(FILES[i].text), FILES[i].is_json, seen);
        ck_assert_str_eq(seen, FILES[i].seen);
    }
}
MST_TEST_END

MST_TEST(a_value_of_64_kib_is_read_and_one_byte_more_is_not)
{
    static char line[2 * MST_VALUE_MAX + 64], seen[TEXT_MAX];

    for (size_t i = 0; i < 2; i++) {
        size_t n = MST_VALUE_MAX + i;

        (void)memcpy(line, "[1,\"", 4);
        memset(&line[4], 'x', n);
        (void)memcpy(&line[4 + n], "\"]\n", 3);
        read_all(line, n + 7, true, seen);
        ck_assert_int_eq(strstr(seen, "longer than 64 KiB") != NULL, i == 1);

        (void)memcpy(line, "1,\"", 3);
        memset(&line[3], '"', 2 * n); /* doubled, as an export writes them */
        (void)memcpy(&line[3 + 2 * n], "\"\n", 2);
        read_all(line, 2 * n + 5, false, seen);
        ck_assert_int_eq(strchr(seen, '!') != NULL, i == 1);
        ck_assert_int_eq(strstr(seen, "longer than 64 KiB") != NULL, i == 1);
    }
}
MST_TEST_END

MST_TEST(a_line_that_does_not_end_is_refused_in_bounded_memory)
{
    static char line[7 * MST_VALUE_MAX], seen[TEXT_MAX];

    memset(line, ' ', sizeof line);
    read_all(line, sizeof line, true, seen);
    ck_assert_str_eq(seen, "1!the line is longer than any point");
}
MST_TEST_END

MST_TESTS("point_file", points_are_read_from_both_kinds_of_files_and_bad_lines_are_told,
          a_value_of_64_kib_is_read_and_one_byte_more_is_not,
          a_line_that_does_not_end_is_refused_in_bounded_memory)
