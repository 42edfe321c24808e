#include <unistd.h>

#include "base/limits.h"
#include "net/tls.h"
#include "server/setting.h"
#include "tests/lib/unit.h"

static struct mst_settings settings;
static struct mst_buf why;

static void setup(void)
{
    mst_settings_init(&settings);
    mst_buf_init(&why, MST_KIB(64));
}

static enum mst_err set(enum mst_setting_source source, const char *name, const char *value)
{
    mst_buf_clear(&why);
    return mst_settings_set(&settings, source, mst_span_str(name), mst_span_str(value), &why);
}

static void assert_says(const char *part)
{
    ck_assert_msg(memmem(why.ptr, why.len, part, strlen(part)), "\"%s\" is not in \"%.*s\"", part,
                  (int)why.len, why.ptr);
}

/* Loads text as a settings file. */
static enum mst_err load(const char *text, char ret_path[64])
{
    enum mst_err err;
    int fd;

    (void)snprintf(ret_path, 64, "/tmp/muster-settings-XXXXXX");
    fd = mkstemp(ret_path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(close(fd), 0);
    mst_buf_clear(&why);
    err = mst_settings_load(&settings, ret_path, &why);
    ck_assert_int_eq(unlink(ret_path), 0);
    return err;
}

MST_TEST(every_default_is_a_value_its_own_setting_takes)
{
    setup();
    ck_assert_int_eq(settings.window_s, 86400);
    ck_assert_int_eq(settings.requests_per_connection, 1000);
    ck_assert_int_eq(settings.tls_min, MST_TLS_1_2);
    ck_assert_int_eq(settings.unsent_max_bytes, (int64_t)MST_UNSENT_MAX);
    ck_assert_int_eq(settings.held_max_bytes, (int64_t)MST_MIB(256));
    ck_assert_uint_eq(settings.http.n_items, 1);
    ck_assert_uint_eq(settings.https.n_items, 0);
    ck_assert_str_eq(settings.data, "/var/lib/muster");
    ck_assert_int_eq(mst_settings_check(&settings, &why), MST_OK);
}
MST_TEST_END

MST_TEST(every_setting_stands_in_the_table_once_with_a_text)
{
    for (size_t i = 0; i < mst_setting_count; i++) {
        ck_assert_int_gt((int)strlen(mst_setting_table[i].text), 10);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(mst_setting_table[i].name, mst_setting_table[k].name);
    }
}
MST_TEST_END

MST_TEST(a_value_is_read_with_its_unit_or_refused_with_the_cause)
{
    static const struct {
        const char *name, *value;
        const char *cause; /* NULL = it is taken */
    } rows[] = {
        {"window",             "1",                        NULL                           },
        {"window",             "365d",                     NULL                           },
        {"window",             "1500ms",                   "whole seconds"                },
        {"window",             "0",                        "0 s is outside 1 to 31536000" },
        {"window",             "366d",                     "outside"                      },
        {"window",             "-1",                       "is not a time"                },
        {"window",             "1 week",                   "is not a time"                },
        {"window",             "99999999999999999999",     "is not a time"                },
        {"window",             "9223372036854775807d",     "is not a time"                },
        {"window",             "",                         "is not a time"                },
        {"head_timeout",       "1500ms",                   NULL                           },
        {"head_timeout",       "10 S",                     NULL                           },
        {"head_timeout",       "99ms",                     "outside"                      },
        {"unsent_max",         "64k",                      NULL                           },
        {"unsent_max",         "1G",                       NULL                           },
        {"unsent_max",         "2g",                       "outside"                      },
        {"unsent_max",         "64kb",                     "is not a size"                },
        {"threads",            "256",                      NULL                           },
        {"threads",            "257",                      "outside 0 to 256"             },
        {"threads",            "two",                      "is not a whole number"        },
        {"delete_sn_disables", "Yes",                      NULL                           },
        {"delete_sn_disables", "maybe",                    "neither yes nor no"           },
        {"tls_min",            "1.3",                      NULL                           },
        {"tls_min",            "1.4",                      "is none of 1.0 1.1 1.2 1.3"   },
        {"sn_scope",           "model",                    NULL                           },
        {"http",               "localhost:80",             "is not ADDRESS:PORT"          },
        {"http",               "127.0.0.1",                "is not ADDRESS:PORT"          },
        {"http",               "127.0.0.1:65536",          "is not ADDRESS:PORT"          },
        {"http",               "127.0.0.1:1;tls_min=1.0",  "plain addresses have none"    },
        {"https",              "127.0.0.1:1;tls_min=0.9",  "is none of"                   },
        {"https",              "127.0.0.1:1;speed=9",      "is not an option here"        },
        {"trusted_proxies",    "10.0.0.0/8, ::1 fd00::/8", NULL                           },
        {"advertised_address", "192.0.2.7",                NULL                           },
        {"advertised_address", "192.0.2.7:80",             NULL                           },
        {"advertised_address", "",                         NULL                           },
        {"advertised_address", "::1",                      "is not an IPv4 address"       },
        {"advertised_address", "[::1]:80",                 "is not an IPv4 address"       },
        {"advertised_address", "192.0.2.7:65536",          "is not an IPv4 address"       },
        {"advertised_address", "m2.exosite.com",           "is not an IPv4 address"       },
        {"trusted_proxies",    "10.0.0.0/40",              "is not an address or network" },
        {"tls_certificates",   "a.crt",                    "stands alone"                 },
        {"tls_certificates",   "a.crt a.key, b.crt b.key", NULL                           },
        {"no_such",            "1",                        "no such setting"              },
        {"sn-scope",           "model",                    "no such setting, but sn_scope"},
        {"no-such",            "1",                        "no such setting"              },
        {"",                   "1",                        "no such setting"              },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum mst_err err;

        setup();
        err = set(MST_FROM_FILE, rows[i].name, rows[i].value);
        if (!rows[i].cause)
            ck_assert_msg(!err, "%s = %s: %.*s", rows[i].name, rows[i].value, (int)why.len,
                          why.ptr);
        else {
            ck_assert_msg(err, "%s = %s was taken", rows[i].name, rows[i].value);
            assert_says(rows[i].name);
            assert_says(rows[i].cause);
        }
        mst_buf_fini(&why);
    }
}
MST_TEST_END

MST_TEST(a_refused_value_leaves_the_setting_as_it_was)
{
    setup();
    ck_assert_int_eq(set(MST_FROM_FILE, "http", "127.0.0.1:1 [::1]:2"), MST_OK);
    ck_assert_int_ne(set(MST_FROM_FILE, "http", "127.0.0.1:3, nonsense"), MST_OK);
    ck_assert_uint_eq(settings.http.n_items, 2);
    ck_assert_int_ne(set(MST_FROM_COMMAND_LINE, "window", "0"), MST_OK);
    ck_assert_int_eq(settings.window_s, 86400);
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(the_command_line_replaces_the_file_and_lists_of_one_source_add_up)
{
    setup();
    ck_assert_int_eq(set(MST_FROM_FILE, "http", "127.0.0.1:1"), MST_OK);
    ck_assert_int_eq(set(MST_FROM_FILE, "http", "127.0.0.1:2"), MST_OK);
    ck_assert_uint_eq(settings.http.n_items, 2);
    ck_assert_int_eq(set(MST_FROM_COMMAND_LINE, "http", "[::1]:3"), MST_OK);
    ck_assert_uint_eq(settings.http.n_items, 1);
    ck_assert_uint_eq(settings.http.items[0].addr.port, 3);
    ck_assert_int_eq(set(MST_FROM_COMMAND_LINE, "threads", "1"), MST_OK);
    ck_assert_int_eq(set(MST_FROM_COMMAND_LINE, "threads", "2"), MST_OK);
    ck_assert_int_eq(settings.threads, 2);
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(a_list_longer_than_its_bound_is_refused)
{
    struct mst_buf list;

    setup();
    mst_buf_init(&list, MST_KIB(8));
    for (int i = 0; i <= MST_LISTENS_MAX; i++)
        (void)mst_buf_addf(&list, "127.0.0.1:%d ", 1000 + i);
    (void)mst_buf_add_byte(&list, '\0');
    ck_assert_int_eq(set(MST_FROM_FILE, "http", list.ptr), MST_EFULL);
    assert_says("more than 16 addresses");
    mst_buf_fini(&list);
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(a_tls_address_may_carry_its_own_lowest_version)
{
    setup();
    ck_assert_int_eq(set(MST_FROM_FILE, "https", "127.0.0.1:1;tls_min=1.0, 127.0.0.1:2"), MST_OK);
    ck_assert_int_eq(settings.https.items[0].tls_min, MST_TLS_1_0);
    ck_assert_int_eq(settings.https.items[1].tls_min, 0);
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(a_file_with_comments_and_lists_over_several_lines_is_read)
{
    char path[64];

    setup();
    ck_assert_int_eq(load("# a comment\n"
                          "; another\n"
                          "window = 90   ; and one behind\n"
                          "\n"
                          "http = 127.0.0.1:1,\n"
                          "    127.0.0.1:2\n"
                          "data=/srv/muster",
                          path),
                     MST_OK);
    ck_assert_int_eq(settings.window_s, 90);
    ck_assert_uint_eq(settings.http.n_items, 2);
    ck_assert_str_eq(settings.data, "/srv/muster");
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(every_fault_of_a_file_is_named_with_line_and_cause)
{
    char path[64], expected[96];

    setup();
    ck_assert_int_eq(load("window = 0\n"
                          "thread = 2\n"
                          "threads = 3\n"
                          "threads = 4\n"
                          "nonsense\n",
                          path),
                     MST_EINVAL);
    (void)snprintf(expected, sizeof expected, "%s:1: window: 0 s is outside", path);
    assert_says(expected);
    (void)snprintf(expected, sizeof expected, "%s:2: thread: no such setting", path);
    assert_says(expected);
    (void)snprintf(expected, sizeof expected, "%s:4: threads: set twice", path);
    assert_says(expected);
    (void)snprintf(expected, sizeof expected, "%s:5: is not NAME = VALUE", path);
    assert_says(expected);
    ck_assert_int_eq(settings.threads, 3);
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(sections_long_lines_and_missing_files_are_refused)
{
    char path[64], text[600];

    setup();
    ck_assert_int_eq(load("[server]\nwindow = 5\n", path), MST_EINVAL);
    assert_says(":1: sections are not used here");
    ck_assert_int_eq(load(" [indented]\nwindow = 5\n", path), MST_EINVAL);
    assert_says(":2: sections are not used here");
    mst_buf_clear(&why);
    ck_assert_int_eq(load("window = 5\n[last]\n", path), MST_EINVAL);
    assert_says(":2: sections are not used here");
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "# ", 2);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(load(text, path), MST_EINVAL);
    assert_says(":1: the line is too long");
    mst_buf_clear(&why);
    ck_assert_int_ne(mst_settings_load(&settings, "/nonexistent/musterd.conf", &why), MST_OK);
    assert_says("/nonexistent/musterd.conf: cannot be read: not found");
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(settings_that_do_not_go_together_are_refused)
{
    setup();
    ck_assert_int_eq(set(MST_FROM_FILE, "http", ""), MST_OK);
    ck_assert_int_eq(set(MST_FROM_FILE, "data", ""), MST_OK);
    ck_assert_int_eq(mst_settings_check(&settings, &why), MST_EINVAL);
    assert_says("no address to listen on");
    assert_says("data: must name a directory");
    ck_assert_int_eq(set(MST_FROM_FILE, "https", "127.0.0.1:1"), MST_OK);
    ck_assert_int_eq(mst_settings_check(&settings, &why), MST_EINVAL);
    assert_says("https: needs a certificate");
    mst_buf_fini(&why);
}
MST_TEST_END

MST_TEST(help_and_manual_page_name_every_setting)
{
    struct mst_buf help, man;

    mst_buf_init(&help, MST_KIB(64));
    mst_buf_init(&man, MST_KIB(64));
    mst_settings_print_help(&help);
    mst_settings_print_man(&man);
    ck_assert_int_eq(mst_buf_err(&help), MST_OK);
    ck_assert_int_eq(mst_buf_err(&man), MST_OK);
    for (size_t i = 0; i < mst_setting_count; i++) {
        char line[64];

        (void)snprintf(line, sizeof line, "\n.B %s\n", mst_setting_table[i].name);
        ck_assert(memmem(man.ptr, man.len, line, strlen(line)));
        (void)snprintf(line, sizeof line, "  %s  (", mst_setting_table[i].name);
        ck_assert(memmem(help.ptr, help.len, line, strlen(line)));
    }
    mst_buf_fini(&help);
    mst_buf_fini(&man);
}
MST_TEST_END

MST_TESTS("server/settings", every_default_is_a_value_its_own_setting_takes,
          every_setting_stands_in_the_table_once_with_a_text,
          a_value_is_read_with_its_unit_or_refused_with_the_cause,
          a_refused_value_leaves_the_setting_as_it_was,
          the_command_line_replaces_the_file_and_lists_of_one_source_add_up,
          a_list_longer_than_its_bound_is_refused, a_tls_address_may_carry_its_own_lowest_version,
          a_file_with_comments_and_lists_over_several_lines_is_read,
          every_fault_of_a_file_is_named_with_line_and_cause,
          sections_long_lines_and_missing_files_are_refused,
          settings_that_do_not_go_together_are_refused, help_and_manual_page_name_every_setting)
