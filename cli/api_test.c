#include "cli/api.h"
#include "cli/http.h"
#include "cli/profile.h"
#include "tests/lib/unit.h"

MST_TEST(paths_and_forms_are_encoded_byte_by_byte)
{
    static const struct {
        struct cli_call call;
        const char *path;
    } ROWS[] = {
        {{.path = "/a/", .names = {"a+b c", "00:\xc3\xa4%"}, .tail = "?show=log"},
         "/a/a%2Bb%20c/00%3A%C3%A4%25?show=log"                                              },
        {{.path = "/a/", .names = {"m"}},                                          "/a/m"    },
        {{.path = "/a/", .names = {"m"}, .tail = "/"},                             "/a/m/"   },
        {{.path = "/a/", .names = {"m", "n", "o"}},                                "/a/m/n/o"},
        {{.path = "/a?b"},                                                         "/a?b"    },
    };
    struct mst_buf out;

    mst_buf_init(&out, 1024);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        mst_buf_clear(&out);
        ck_assert_int_eq(cli_call_path(&ROWS[i].call, &out), MST_OK);
        ck_assert_str_eq(out.ptr, ROWS[i].path);
    }
    mst_buf_clear(&out);
    cli_form_add_str(&out, "options[]", "x y");
    cli_form_add_str(&out, "b", "");
    ck_assert_span_str(mst_buf_span(&out), "options%5B%5D=x%20y&b=");
    mst_buf_fini(&out);
}
MST_TEST_END

/* An empty serial number would name the list of them all. */
MST_TEST(a_path_has_no_empty_names)
{
    struct mst_buf out;

    mst_buf_init(&out, 1024);
    ck_assert_int_eq(cli_call_path(
                         &(struct cli_call){
                             .path = "/a/", .names = {"m", ""}
    },
                         &out),
                     MST_EINVAL);
    mst_buf_clear(&out);
    ck_assert_int_eq(cli_call_path(&(struct cli_call){.path = "/a/", .names = {""}}, &out),
                     MST_EINVAL);
    mst_buf_fini(&out);
}
MST_TEST_END

static const struct {
    const char *server;
    enum mst_err err;
} SERVERS[] = {
    {"http://127.0.0.1:8080",  MST_OK    },
    {"https://example.org/",   MST_OK    },
    {"http://[::1]:80/",       MST_OK    },
    {"http://[::1]:80/prefix", MST_EINVAL},
    {"https://example.org//x", MST_EINVAL},
    {"127.0.0.1:8080",         MST_EINVAL},
    {"ftp://example.org",      MST_EINVAL},
    {"http://",                MST_EINVAL},
    {"https:///",              MST_EINVAL},
    {"http://user:pw@host",    MST_EINVAL},
    {"http://host/?a=b",       MST_EINVAL},
    {"",                       MST_EINVAL},
};

MST_TEST(a_server_is_an_http_address_without_credentials_path_or_query)
{
    for (size_t i = 0; i < sizeof SERVERS / sizeof SERVERS[0]; i++) {
        struct cli_http *http = NULL;

        ck_assert_int_eq(
            cli_http_new(&(struct cli_http_opts){.server = SERVERS[i].server, .timeout_s = 1},
                         &http),
            SERVERS[i].err);
        cli_http_free(http);
    }
}
MST_TEST_END

MST_TEST(a_key_is_forty_lower_case_hex_characters)
{
    struct cli_secret secret = {0};

    ck_assert(!cli_secret_parse(MST_LIT(""), &secret));
    ck_assert(!cli_secret_parse(MST_LIT("0123456789abcdef0123456789abcdef0123456"), &secret));
    ck_assert(!cli_secret_parse(MST_LIT("0123456789abcdef0123456789abcdef012345678"), &secret));
    ck_assert(!cli_secret_parse(MST_LIT("0123456789ABCDEF0123456789abcdef01234567"), &secret));
    ck_assert(!secret.is_set);
    ck_assert(cli_secret_parse(MST_LIT("0123456789abcdef0123456789abcdef01234567"), &secret));
    ck_assert(secret.is_set);
    ck_assert_span_str(mst_handle_span(&secret.handle), "0123456789abcdef0123456789abcdef01234567");
}
MST_TEST_END

MST_TESTS("cli/api", paths_and_forms_are_encoded_byte_by_byte, a_path_has_no_empty_names,
          a_server_is_an_http_address_without_credentials_path_or_query,
          a_key_is_forty_lower_case_hex_characters)
