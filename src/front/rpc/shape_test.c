#include <string.h>

#include "front/rpc/call.h"
#include "tests/lib/unit.h"

static struct mst_arena arena;
static struct mst_rpc_args args;

static enum mst_rpc_fit take(const char *procedure, const char *json)
{
    enum mst_rpc_fit fit;

    mst_arena_init(&arena, 1 << 20);
    memset(&args, 0, sizeof args);
    ck_assert_int_eq(
        mst_rpc_args_read(&arena, mst_span_str(procedure), mst_span_str(json), &fit, &args),
        MST_OK);
    return fit;
}

/* What was taken is invalid afterwards. */
static enum mst_rpc_fit fit_of(const char *procedure, const char *json)
{
    enum mst_rpc_fit fit = take(procedure, json);

    mst_arena_fini(&arena);
    return fit;
}

MST_TEST(every_shape_is_well_formed_and_stands_beside_those_of_its_procedure)
{
    for (size_t i = 0; i < mst_rpc_n_shapes; i++) {
        const struct mst_rpc_shape *shape = &mst_rpc_shapes[i];
        bool is_optional = false;
        size_t n = 0;

        ck_assert(i == 0 || strcmp(mst_rpc_shapes[i - 1].procedure, shape->procedure) <= 0);
        for (; shape->params[n].type != MST_RPC_END; n++) {
            const struct mst_rpc_param *param = &shape->params[n];

            ck_assert(!is_optional || param->is_optional);
            is_optional = param->is_optional;
            ck_assert(!param->words == (param->type != MST_RPC_WORD));
            ck_assert(!param->members ==
                      (param->type != MST_RPC_OPTIONS && param->type != MST_RPC_FLAGS));
        }
        ck_assert_uint_gt(n, 0);
        ck_assert_uint_le(shape->first + n, MST_RPC_SLOTS);
    }
}
MST_TEST_END

MST_TEST(numbers_keep_their_digits_and_texts_their_characters)
{
    ck_assert_int_eq(take("write", "[{\"alias\":\"a\"},12345678901234567890123]"), MST_RPC_FITS);
    ck_assert_span_str(args.v[1].text, "12345678901234567890123");
    ck_assert(args.v[0].ref.is_alias);
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("write", " [ \"r\" , \"a\\u00e9\\\"\" , {} ] "), MST_RPC_FITS);
    ck_assert_span_str(args.v[1].text, "a\xc3\xa9\"");
    ck_assert(!args.v[0].ref.is_alias);
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("write", "[\"r\",true]"), MST_RPC_FITS);
    ck_assert_span_str(args.v[1].text, "true");
    ck_assert_span_str(args.v[1].as_number, "1");
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("record", "[\"r\",[[-5,1.50],[1e3,\"x\"],[1.9e30,0]]]"), MST_RPC_FITS);
    ck_assert_uint_eq(args.v[1].n_items, 3);
    ck_assert_int_eq(args.v[1].items[0].at, -5);
    ck_assert_span_str(args.v[1].items[0].text, "1.50");
    ck_assert_int_eq(args.v[1].items[1].at, 1000);
    ck_assert_int_eq(args.v[1].items[2].at, INT64_MAX);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(arguments_of_old_clients_land_in_the_same_slots)
{
    ck_assert_int_eq(take("lookup", "[\"aliased\",\"x\"]"), MST_RPC_FITS);
    ck_assert(!args.v[0].is_given);
    ck_assert_uint_eq(args.v[1].word, MST_RPC_ALIASED);
    ck_assert_span_str(args.v[2].text, "x");
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("lookup", "[\"r\",\"owner\",\"x\"]"), MST_RPC_FITS);
    ck_assert(args.v[0].is_given);
    ck_assert_uint_eq(args.v[1].word, MST_RPC_OWNER);
    ck_assert_span_str(args.v[2].ref.text, "x");
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("listing", "[[\"client\"]]"), MST_RPC_FITS);
    ck_assert(!args.v[0].is_given && !args.v[2].is_given);
    ck_assert_uint_eq(args.v[1].n_items, 1);
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("unsubscribe", "[null,{\"subs_id\": 12}]"), MST_RPC_FITS);
    ck_assert(!args.v[0].is_given);
    ck_assert_span_str(args.v[1].members[MST_RPC_SUBS_ID].raw, "12");
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("unsubscribe", "[{\"subs_id\":\"s\"}]"), MST_RPC_FITS);
    ck_assert(!args.v[0].is_given);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(an_empty_list_in_place_of_an_object_that_may_be_missing_is_none)
{
    ck_assert_int_eq(take("read", "[\"r\", [ ] ]"), MST_RPC_FITS);
    ck_assert(!args.v[1].members[MST_RPC_LIMIT].is_given);
    mst_arena_fini(&arena);
    ck_assert_int_eq(fit_of("write", "[\"r\",1,[]]"), MST_RPC_FITS);
    ck_assert_int_eq(fit_of("move", "[\"r\",\"s\",[]]"), MST_RPC_FITS);
    ck_assert_int_eq(fit_of("read", "[\"r\",[\"limit\"]]"), MST_RPC_MISFITS);
    ck_assert_int_eq(fit_of("read", "[\"r\",[[]]]"), MST_RPC_MISFITS);
    ck_assert_int_eq(fit_of("update", "[\"r\",[]]"), MST_RPC_MISFITS);
    ck_assert_int_eq(take("listing", "[[\"client\"],[]]"), MST_RPC_FITS);
    ck_assert(args.v[2].is_given); /* by which the two legacy forms are told apart */
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(options_are_found_by_name_and_null_is_as_good_as_nothing)
{
    ck_assert_int_eq(
        take("read", "[\"r\",{\"limit\":5,\"sort\":\"asc\",\"gizmo\":[],\"starttime\":null}]"),
        MST_RPC_FITS);
    ck_assert_int_eq(args.v[1].members[MST_RPC_LIMIT].integer, 5);
    ck_assert_uint_eq(args.v[1].members[MST_RPC_SORT].word, MST_RPC_ASC);
    ck_assert(!args.v[1].members[MST_RPC_STARTTIME].is_given);
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("read", "[\"r\",null]"), MST_RPC_FITS);
    ck_assert(!args.v[1].is_given && !args.v[1].members[MST_RPC_LIMIT].is_given);
    mst_arena_fini(&arena);
    ck_assert_int_eq(take("info", "[\"r\",[\"key\",\"gizmo\"]]"), MST_RPC_FITS);
    ck_assert_uint_eq(args.v[1].n_given, 2);
    ck_assert(args.v[1].members[MST_RPC_INFO_KEY].is_true);
    mst_arena_fini(&arena);
}
MST_TEST_END

static const struct {
    const char *procedure, *json;
    enum mst_rpc_fit fit;
} rows[] = {
    {"read",        "",                                       MST_RPC_MISFITS},
    {"read",        "{}",                                     MST_RPC_MISFITS},
    {"read",        "[]",                                     MST_RPC_MISFITS},
    {"read",        "[null]",                                 MST_RPC_MISFITS},
    {"read",        "[{\"alias\":1}]",                        MST_RPC_MISFITS},
    {"read",        "[\"r\",{\"limit\":\"1\"}]",              MST_RPC_MISFITS},
    {"read",        "[\"r\",{\"sort\":\"up\"}]",              MST_RPC_MISFITS},
    {"read",        "[\"r\",{},{}]",                          MST_RPC_MISFITS},
    {"write",       "[\"r\",null]",                           MST_RPC_MISFITS},
    {"write",       "[\"r\",[1]]",                            MST_RPC_MISFITS},
    {"write",       "[\"r\",1,2]",                            MST_RPC_MISFITS},
    {"writegroup",  "[[[\"r\",1],[{\"alias\":\"\"},\"x\"]]]", MST_RPC_FITS   },
    {"writegroup",  "[[]]",                                   MST_RPC_FITS   },
    {"writegroup",  "[[],{}]",                                MST_RPC_FITS   },
    {"writegroup",  "[[],1]",                                 MST_RPC_MISFITS},
    {"write",       "[[[\"r\",1],[{\"alias\":\"\"},\"x\"]]]", MST_RPC_FITS   },
    {"write",       "[[[\"r\",1]],{}]",                       MST_RPC_FITS   },
    {"write",       "[[[\"r\",1]],2]",                        MST_RPC_MISFITS},
    {"write",       "[[\"r\",1]]",                            MST_RPC_MISFITS},
    {"writegroup",  "[[[\"r\"]]]",                            MST_RPC_MISFITS},
    {"writegroup",  "[[[\"r\",1,2]]]",                        MST_RPC_MISFITS},
    {"writegroup",  "[\"r\",1]",                              MST_RPC_MISFITS},
    {"record",      "[\"r\",[[\"1\",2]]]",                    MST_RPC_MISFITS},
    {"record",      "[\"r\",[],{}]",                          MST_RPC_FITS   },
    {"recordbatch", "[\"r\",[],{}]",                          MST_RPC_MISFITS},
    {"create",      "[\"dataport\",{}]",                      MST_RPC_FITS   },
    {"create",      "[\"r\",\"gizmo\",{}]",                   MST_RPC_BADARG },
    {"create",      "[\"gizmo\",{}]",                         MST_RPC_BADARG },
    {"create",      "[\"r\",\"client\",[]]",                  MST_RPC_MISFITS},
    {"usage",       "[\"r\",\"gizmo\",1,2]",                  MST_RPC_BADARG },
    {"usage",       "[\"r\",\"http\",1,2.5]",                 MST_RPC_FITS   },
    {"listing",     "[[\"client\"],{\"tagged\":[\"a\"]}]",    MST_RPC_FITS   },
    {"listing",     "[[\"client\"],{\"owned\":1}]",           MST_RPC_MISFITS},
    {"nosuch",      "[]",                                     MST_RPC_MISFITS},
};

MST_TEST(what_is_of_another_type_or_number_misfits_and_a_wrong_word_is_badarg)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(fit_of(rows[i].procedure, rows[i].json) == rows[i].fit, "%s %s",
                      rows[i].procedure, rows[i].json);
}
MST_TEST_END

MST_TESTS("front/rpc/shape", every_shape_is_well_formed_and_stands_beside_those_of_its_procedure,
          numbers_keep_their_digits_and_texts_their_characters,
          arguments_of_old_clients_land_in_the_same_slots,
          an_empty_list_in_place_of_an_object_that_may_be_missing_is_none,
          options_are_found_by_name_and_null_is_as_good_as_nothing,
          what_is_of_another_type_or_number_misfits_and_a_wrong_word_is_badarg)
