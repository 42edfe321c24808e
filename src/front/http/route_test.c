#include "front/http/route.h"
#include "tests/lib/unit.h"

struct row {
    const char *path;
    unsigned allowed; /* 0: unknown path */
};

#define GET    MST_METHOD_GET
#define POST   MST_METHOD_POST
#define PUT    MST_METHOD_PUT
#define DELETE MST_METHOD_DELETE

static const struct row rows[] = {
    {"/provision/activate",              POST               },
    {"/provision/activate/",             0                  },
    {"/onep:v1/stack/alias",             GET | POST         },
    {"/api:v1/stack/alias",              GET | POST         },
    {"/onep:v1/stack/alias/",            0                  },
    {"/onep:v1/stack/alias/temp",        POST               },
    {"/api:v1/stack/alias/temp",         POST               },
    {"/onep:v1/stack/alias/temp/",       0                  },
    {"/onep:v1/stack/record",            POST               },
    {"/api:v1/stack/record",             POST               },
    {"/onep:v1/stack/record/",           0                  },
    {"/timestamp",                       GET                },
    {"/timestamp/",                      0                  },
    {"/ip",                              GET                },
    {"/ip/",                             0                  },
    {"/onep:v1/rpc/process",             POST               },
    {"/api:v1/rpc/process",              POST               },
    {"/ws",                              GET                },
    {"/ws/",                             GET                },
    {"/ws//",                            0                  },
    {"/provision/register",              GET | POST         },
    {"/provision/register/",             GET | POST         },
    {"/provision/admin/auth",            GET | POST         },
    {"/provision/admin/auth/",           GET | POST         },
    {"/provision/admin/auth/t1",         GET | DELETE       },
    {"/provision/admin/auth/t1/",        0                  },
    {"/provision/manage/model",          GET | POST         },
    {"/provision/manage/model/",         GET | POST         },
    {"/provision/manage/model/m1",       GET | PUT | DELETE },
    {"/provision/manage/model/m1/",      GET | POST | DELETE},
    {"/provision/manage/model/m1/0001",  GET | POST | DELETE},
    {"/provision/manage/model/m1/0001/", 0                  },
    {"/provision/manage/model//",        0                  },
    {"/provision/manage/model//0001",    0                  },
    {"/provision/manage/content/m1",     GET | POST         },
    {"/provision/manage/content/m1/",    GET | POST         },
    {"/provision/manage/content/m1/c",   GET | POST | DELETE},
    {"/provision/manage/content/m1/c/",  0                  },
    {"/provision/manage/content/",       0                  },
    {"/provision/download",              GET                },
    {"/provision/download/",             0                  },
    {"/provision/manage/group/m1",       GET | POST         },
    {"/provision/manage/group/m1/",      GET | POST         },
    {"/provision/manage/group/m1/g1",    GET | DELETE       },
    {"/provision/manage/group/m1/g1/",   GET | POST | DELETE},
    {"/provision/manage/group/m1/g1/a",  0                  },
    {"/provision/manage/group/",         0                  },
    {"/provision/manage/share/m1",       GET | POST         },
    {"/provision/manage/share/m1/",      GET | POST         },
    {"/provision/manage/share/m1/acme",  GET | DELETE       },
    {"/provision/manage/share/m1/acme/", 0                  },
    {"/muster/v1/clock/reset",           POST               },
    {"/muster/v1/why",                   GET                },
    {"/muster/v1/backup",                POST               },
    {"/muster/v1/keys",                  POST               },
    {"/muster/v1/keys/m1",               POST               },
    {"/muster/v1/fleet/key",             GET                },
    {"/muster/v1/fleet/export",          GET                },
    {"/muster/v1/fleet/import",          POST               },
    {"/muster/v1/fleet/",                0                  },
    {"/",                                0                  },
    {"//",                               0                  },
    {"/Provision/activate",              0                  },
    {"/provision",                       0                  },
    {"/a/b/c/d/e/f/g/h",                 0                  },
};

static const unsigned methods[] = {
    GET, POST, PUT, DELETE, MST_METHOD_HEAD, MST_METHOD_OPTIONS, MST_METHOD_OTHER};

static size_t split(const char *path, struct mst_span *segments)
{
    struct mst_span text = mst_span_str(path);
    size_t n = 0;

    for (size_t from = 1, to; n < MST_SEGMENTS_MAX; from = to + 1) {
        to = mst_span_find(text, '/', from);
        segments[n++] = mst_span_cut(text, from, to);
        if (to == text.len)
            break;
    }
    return n;
}

MST_TEST(every_path_knows_its_methods_and_no_others)
{
    struct mst_span segments[MST_SEGMENTS_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = split(rows[i].path, segments);

        for (size_t k = 0; k < sizeof methods / sizeof methods[0]; k++) {
            unsigned allowed = 0;
            const struct mst_route *route =
                mst_route_find(&mst_routes, segments, n, (enum mst_method)methods[k], &allowed);

            ck_assert_msg(!route == !(rows[i].allowed & methods[k]), "%s method %u", rows[i].path,
                          methods[k]);
            if (!route)
                ck_assert_uint_eq(allowed, rows[i].allowed);
        }
    }
}
MST_TEST_END

MST_TEST(every_row_of_the_table_is_reached_by_the_paths_above)
{
    struct mst_span segments[MST_SEGMENTS_MAX];
    bool is_reached[64] = {false};
    unsigned allowed;

    ck_assert_uint_le(mst_routes.n_rows, 64);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < sizeof methods / sizeof methods[0]; k++) {
            size_t n = split(rows[i].path, segments);
            const struct mst_route *route =
                mst_route_find(&mst_routes, segments, n, (enum mst_method)methods[k], &allowed);

            for (size_t r = 0; r < mst_routes.n_rows; r++)
                is_reached[r] = is_reached[r] || route == &mst_routes.rows[r];
        }
    for (size_t r = 0; r < mst_routes.n_rows; r++)
        ck_assert_msg(is_reached[r], "row %zu", r);
}
MST_TEST_END

MST_TEST(a_row_that_changes_something_is_guarded_or_lets_everyone_in_on_purpose)
{
    for (size_t r = 0; r < mst_routes.n_rows; r++) {
        const struct mst_route *route = &mst_routes.rows[r];
        bool is_open = mst_permit_by(route->action) == MST_BY_OPEN;

        ck_assert(route->step != NULL);
        ck_assert(route->body_max > 0);
        ck_assert(route->where != MST_STATE || !is_open);
        ck_assert(is_open ==
                  (route->family == MST_FAMILY_OPEN || route->family == MST_FAMILY_ACTIVATE));
        ck_assert(is_open || route->where != MST_NOWHERE); /* the guard reads the store */
    }
}
MST_TEST_END

MST_TEST(the_allow_line_lists_methods_in_a_fixed_order)
{
    struct mst_buf out;

    mst_buf_init(&out, 128);
    ck_assert_int_eq(mst_route_allow(&out, DELETE | GET), MST_OK);
    ck_assert_span_str(mst_buf_span(&out), "Allow: GET, DELETE\r\n");
    mst_buf_fini(&out);
}
MST_TEST_END

/* protocol.md 2.12: old firmware asks by another prefix. */
MST_TEST(every_path_of_the_device_api_is_served_by_its_older_prefix_too)
{
    size_t n = 0;

    for (size_t i = 0; i < mst_routes.n_rows; i++) {
        const struct mst_route *row = &mst_routes.rows[i], *old;
        struct mst_span segments[MST_ROUTE_SEGMENTS_MAX];
        size_t n_segments = 0;
        unsigned allowed;

        if (strcmp(row->segments[0], "onep:v1") != 0)
            continue;
        for (; row->segments[n_segments]; n_segments++)
            segments[n_segments] = mst_span_str(row->segments[n_segments]);
        segments[0] = MST_LIT("api:v1");
        old = mst_route_find(&mst_routes, segments, n_segments, (enum mst_method)row->methods,
                             &allowed);
        ck_assert_ptr_nonnull(old);
        ck_assert_str_eq(old->segments[0], "api:v1");
        ck_assert(old->step == row->step && old->prepare == row->prepare);
        ck_assert(old->where == row->where && old->action == row->action);
        ck_assert(old->family == row->family && old->body_max == row->body_max);
        ck_assert(old->failed == row->failed);
        n++;
    }
    ck_assert_uint_ge(n, 5);
}
MST_TEST_END

MST_TESTS("front/http/route", every_path_knows_its_methods_and_no_others,
          every_row_of_the_table_is_reached_by_the_paths_above,
          a_row_that_changes_something_is_guarded_or_lets_everyone_in_on_purpose,
          the_allow_line_lists_methods_in_a_fixed_order,
          every_path_of_the_device_api_is_served_by_its_older_prefix_too)
