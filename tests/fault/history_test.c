/* The history checker itself: hand-made histories that it must accept or reject (R13). */
#include <string.h>

#include "tests/lib/history.h"
#include "tests/lib/unit.h"

struct sample {
    const char *sentence;
    const char *ops; /* see mst_history_parse; the serial number is UNUSED at first */
    unsigned wrong;
};

static const struct sample good[] = {
    {"nothing happened",                                                            "",                                               0},
    {"never enabled, never activated",                                              "A@1-2=409 A@3-4=409",                            0},
    {"enabled and activated once",                                                  "E@1-2=200 A@3-4=200/k",                          0},
    {"the second activation is refused",                                            "E@1-2=200 A@3-4=200/k A@5-6=409",                0},
    {"the key reads after its activation",                                          "E@1-2=200 A@3-4=200/k G@5-6=204/k G@7-8=200/k",  0},
    {"an activation that overlaps the enabling may come first",                     "E@1-5=200 A@2-3=409",                            0},
    {"an activation that overlaps the enabling may come second",                    "E@1-5=200 A@2-3=200/k",                          0},
    {"of two at once one wins",                                                     "E@1-2=200 A1@3-9=200/k A2@4-8=409",              0},
    {"the loser may answer before the winner",                                      "E@1-2=200 A1@3-9=409 A2@4-20=200/k",             0},
    {"of five at once one wins",
     "E@1-2=200 A1@3-9=409 A2@3-9=409 A3@3-9=200/k A4@3-9=409 A5@3-9=409",                                                            0},
    {"a read that overlaps the activation may fail",                                "E@1-2=200 A@3-9=200/k G@4-5=401/k",              0},
    {"a read that overlaps the activation may succeed",                             "E@1-2=200 A@3-9=200/k G@4-5=204/k",              0},
    {"an unanswered activation may have happened",                                  "E@1-2=200 A@3-5=? A@6-7=409",                    0},
    {"an unanswered activation may not have happened",                              "E@1-2=200 A@3-5=? A@6-7=200/k",                  0},
    {"an abandoned activation may win later",                                       "E@1-2=200 A@3-=? A@4-5=409 A@6-7=409 A@8-9=409", 0},
    {"a key learned elsewhere proves that the unanswered activation happened",
     "E@1-2=200 A@3-5=? G@6-7=204/k A@8-9=409",                                                                                       0},
    {"of two unanswered activations either may have happened",
     "E@1-2=200 A@3-5=? A@3-5=? A@6-7=409",                                                                                           0},
    {"re-enabling ends the key",                                                    "E@1-2=200 A@3-4=200/k R@5-6=205 G@7-8=401/k",    0},
    {"re-enabling opens a new epoch with a new key",
     "E@1-2=200 A@3-4=200/k R@5-6=205 A@7-8=200/l G@9-10=204/l G@11-12=401/k",                                                        0},
    {"a read that overlaps the re-enabling may see either",
     "E@1-2=200 A@3-4=200/k R@5-9=205 G@6-7=204/k G@6-8=401/k",                                                                       0},
    {"an unanswered re-enabling may have happened",
     "E@1-2=200 A@3-4=200/k R@5-7=? G@8-9=401/k A@10-11=200/l",                                                                       0},
    {"an unanswered re-enabling may not have happened",
     "E@1-2=200 A@3-4=200/k R@5-7=? G@8-9=204/k A@10-11=409",                                                                         0},
    {"an abandoned re-enabling may come late",
     "E@1-2=200 A@3-4=200/k R@5-=? G@8-9=204/k A@10-11=409 G@12-13=401/k A@14-15=200/l",                                              0},
    {"disabling ends the key and the window",
     "E@1-2=200 A@3-4=200/k D@5-6=205 G@7-8=401/k A@9-10=409",                                                                        0},
    {"disabling a pending serial number closes its window",                         "E@1-2=200 D@3-4=205 A@5-6=409",                  0},
    {"a disabled one may be re-enabled",                                            "E@1-2=200 D@3-4=205 R@5-6=205 A@7-8=200/k",      0},
    {"disabling twice is answered alike",                                           "E@1-2=200 D@3-4=205 D@5-6=205 A@7-8=409",        0},
    {"enabling with owner again is refused",                                        "E@1-2=200 E@3-4=409 A@5-6=200/k E@7-8=409",      0},
    {"re-enabling before the first enabling is refused",                            "R@1-2=409 D@3-4=409 E@5-6=200",                  0},
    {"re-enabling a pending one replaces the key nobody saw",
     "E@1-2=200 R@3-4=205 R@5-6=205 A@7-8=200/k",                                                                                     0},
    {"three epochs, three keys",
     "E@1-2=200 A@3-4=200/a R@5-6=205 A@7-8=200/b R@9-10=205 A@11-12=200/c G@13-14=401/a "
     "G@13-14=401/b G@13-14=204/c",                                                                                                   0},
    {"two 200 with a re-enabling that overlaps both",
     "E@1-2=200 A@3-6=200/a R@4-9=205 A@7-10=200/b",                                                                                  0},
    {"an activation before and one after an overlapping disabling and re-enabling",
     "E@1-2=200 A@3-4=200/a D@5-20=205 R@6-21=205 A@7-22=200/b G@23-24=204/b",                                                        0},
    {"refusals after a crash, explained by a disabling that nobody answered",
     "E@1-2=200 A@3-4=200/k G@5-6=204/k D@5-7=? R@5-7=? A@8-9=409 A@8-9=409 G@10-11=401/k",                                           0},
    {"a 503 may have been carried out",                                             "E@1-2=200 A@3-4=503 A@5-6=409",                  0},
    {"a 503 may not have been carried out",                                         "E@1-2=200 A@3-4=503 A@5-6=200/k",                0},
    {"an unanswered read says nothing",                                             "E@1-2=200 A@3-4=200/k G@5-=?/k G@6-7=503/k",     0},
    {"an unanswered enabling may have happened",                                    "E@1-3=? A@4-5=200/k",                            0},
    {"an unanswered enabling may not have happened",                                "E@1-3=? A@4-5=409 E@6-7=200",                    0},
    {"the activation was cut off, re-enabled, and given again",
     "E@1-2=200 A@3-5=? A@6-7=409 R@8-9=205 A@10-11=200/k G@12-13=204/k",                                                             0},
    {"an unanswered disabling explains the later refusal",
     "E@1-2=200 A@3-4=200/k D@5-7=? A@8-9=409 G@10-11=401/k",                                                                         0},
    {"a refusal inside the winner's span",                                          "E@1-2=200 A@3-40=200/k A@4-5=409 A@6-7=409",     0},
};

static const struct sample bad[] = {
    {"a key that was given fails",                                           "E@1-2=200 A@3-4=200/k G@5-6=401/k",                        MST_WRONG_LOST    },
    {"a key that worked fails later",                                        "E@1-2=200 A@3-4=200/k G@5-6=204/k G@7-8=401/k",
     MST_WRONG_LOST                                                                                                                                        },
    {"a key fails between two times it works",
     "E@1-2=200 A@3-4=200/k G@5-6=204/k G@7-8=401/k G@9-10=204/k",                                                                       MST_WRONG_LOST    },
    {"a key fails before its re-enabling begins",                            "E@1-2=200 A@3-4=200/k G@5-6=401/k R@7-8=205",
     MST_WRONG_LOST                                                                                                                                        },
    {"the second epoch's key fails",                                         "E@1-2=200 A@3-4=200/a R@5-6=205 A@7-8=200/b G@9-10=401/b",
     MST_WRONG_LOST                                                                                                                                        },
    {"a key is lost although another activation stayed unanswered",
     "E@1-2=200 A@3-4=200/k A@5-6=? G@7-8=401/k",                                                                                        MST_WRONG_LOST    },
    {"two activations in a row win",                                         "E@1-2=200 A@3-4=200/k A@5-6=200/k",                        MST_WRONG_DOUBLE  },
    {"two activations in a row win with different keys",                     "E@1-2=200 A@3-4=200/k A@5-6=200/l",
     MST_WRONG_DOUBLE                                                                                                                                      },
    {"two at once win",                                                      "E@1-2=200 A@3-9=200/k A@4-8=200/k",                        MST_WRONG_DOUBLE  },
    {"two at once win with different keys",                                  "E@1-2=200 A@3-9=200/k A@4-8=200/l",                        MST_WRONG_DOUBLE  },
    {"three at once, two win",                                               "E@1-2=200 A@3-9=200/k A@4-8=200/k A@3-9=409",              MST_WRONG_DOUBLE  },
    {"the second wins before a re-enabling begins",                          "E@1-2=200 A@3-4=200/k A@5-6=200/l R@7-8=205",
     MST_WRONG_DOUBLE                                                                                                                                      },
    {"two win after one re-enabling",                                        "E@1-2=200 A@3-4=200/a R@5-6=205 A@7-8=200/b A@9-10=200/c",
     MST_WRONG_DOUBLE                                                                                                                                      },
    {"an unanswered one, seen to have happened by its key, and another",
     "E@1-2=200 A@3-5=? G@6-7=204/k A@8-9=200/l",                                                                                        MST_WRONG_DOUBLE  },
    {"a key lost in a crash and given again",                                "E@1-2=200 A@3-4=200/k G@5-6=401/k A@7-8=200/k",
     MST_WRONG_LOST | MST_WRONG_DOUBLE                                                                                                                     },
    {"a refused activation shows that it was active, and then another wins",
     "E@1-2=200 A@3-4=? A@5-6=409 A@7-8=200/k",                                                                                          MST_WRONG_DOUBLE  },
    {"the new epoch gives the old key",                                      "E@1-2=200 A@3-4=200/k R@5-6=205 A@7-8=200/k",
     MST_WRONG_KEY                                                                                                                                         },
    {"the third epoch gives the first key",
     "E@1-2=200 A@3-4=200/a R@5-6=205 A@7-8=200/b R@9-10=205 A@11-12=200/a",                                                             MST_WRONG_KEY     },
    {"a 200 without a key",                                                  "E@1-2=200 A@3-4=200",                                      MST_WRONG_KEY     },
    {"a key works after its re-enabling",                                    "E@1-2=200 A@3-4=200/k R@5-6=205 G@7-8=204/k",
     MST_WRONG_ALIVE                                                                                                                                       },
    {"a key works after its disabling",                                      "E@1-2=200 A@3-4=200/k D@5-6=205 G@7-8=204/k",
     MST_WRONG_ALIVE                                                                                                                                       },
    {"the old key works beside the new one",
     "E@1-2=200 A@3-4=200/a R@5-6=205 A@7-8=200/b G@9-10=204/a G@9-10=204/b",                                                            MST_WRONG_ALIVE   },
    {"a key works before its activation begins",                             "E@1-2=200 G@3-4=204/k A@5-6=200/k",
     MST_WRONG_ALIVE                                                                                                                                       },
    {"a key works that nobody was given",                                    "E@1-2=200 A@3-4=200/k G@5-6=204/x",                        MST_WRONG_ALIVE   },
    {"a key works on a serial number never enabled",                         "G@1-2=204/k",                                              MST_WRONG_ALIVE   },
    {"a dead key fails and then works again",
     "E@1-2=200 A@3-4=200/k R@5-6=205 G@7-8=401/k G@9-10=204/k",                                                                         MST_WRONG_ALIVE   },
    {"refused though pending",                                               "E@1-2=200 A@3-4=409",                                      MST_WRONG_CONFLICT},
    {"refused though re-enabled",                                            "E@1-2=200 A@3-4=200/k R@5-6=205 A@7-8=409",                MST_WRONG_CONFLICT},
    {"refused before the winner began",                                      "E@1-2=200 A@3-4=409 A@5-6=200/k",                          MST_WRONG_CONFLICT},
    {"all of three at once are refused",                                     "E@1-2=200 A@3-9=409 A@3-9=409 A@3-9=409",
     MST_WRONG_CONFLICT                                                                                                                                    },
    {"a crashed activation that ended before the enabling explains nothing",
     "A@1-2=? E@3-4=200 A@5-6=409",                                                                                                      MST_WRONG_CONFLICT},
    {"re-enabling refused though enabled",                                   "E@1-2=200 R@3-4=409",                                      MST_WRONG_CONFLICT},
    {"disabling refused though enabled",                                     "E@1-2=200 D@3-4=409",                                      MST_WRONG_CONFLICT},
    {"enabling with owner refused though unused",                            "E@1-2=409",                                                MST_WRONG_CONFLICT},
    {"activated though never enabled",                                       "A@1-2=200/k",                                              MST_WRONG_OUTSIDE },
    {"activated before the enabling begins",                                 "A@1-2=200/k E@3-4=200",
     MST_WRONG_OUTSIDE | MST_WRONG_STATUS                                                                                                                  },
    {"activated though disabled",                                            "E@1-2=200 D@3-4=205 A@5-6=200/k",                          MST_WRONG_OUTSIDE },
    {"activated again though disabled",                                      "E@1-2=200 A@3-4=200/k D@5-6=205 A@7-8=200/l",
     MST_WRONG_OUTSIDE                                                                                                                                     },
    {"enabled twice with owner",                                             "E@1-2=200 E@3-4=200",                                      MST_WRONG_STATUS  },
    {"a known serial number is answered 404",                                "E@1-2=200 A@3-4=404",                                      MST_WRONG_STATUS  },
    {"an activation is answered 401",                                        "E@1-2=200 A@3-4=401",                                      MST_WRONG_STATUS  },
    {"re-enabling succeeds though never enabled",                            "R@1-2=205",                                                MST_WRONG_STATUS  },
    {"a read is answered 403",                                               "E@1-2=200 A@3-4=200/k G@5-6=403/k",                        MST_WRONG_STATUS  },
};

static size_t parse_all(const char *text, struct mst_history_op *ops, size_t max)
{
    struct mst_cur cur = mst_cur_of(mst_span_str(text));
    struct mst_span word;
    size_t n = 0;

    while (!mst_cur_at_end(&cur)) {
        if (!mst_cur_until(&cur, ' ', &word))
            word = mst_cur_rest(&cur);
        ck_assert_uint_lt(n, max);
        ck_assert_msg(mst_history_parse(word, &ops[n]) == MST_OK, "%.*s", (int)word.len, word.ptr);
        n++;
    }
    return n;
}

static void judge(const struct sample *sample)
{
    struct mst_history_op ops[32];
    struct mst_history history = {.ops = ops, .n_ops = parse_all(sample->ops, ops, 32)};
    unsigned wrong = 0;

    ck_assert_int_eq(mst_history_judge(&history, &wrong), MST_OK);
    ck_assert_msg(wrong == sample->wrong, "%s: %s: judged %u, is %u", sample->sentence, sample->ops,
                  wrong, sample->wrong);
}

MST_TEST(good_histories_are_explained)
{
    size_t n = sizeof good / sizeof good[0];

    ck_assert_uint_ge(n, 30);
    for (size_t i = 0; i < n; i++)
        judge(&good[i]);
}
MST_TEST_END

MST_TEST(bad_histories_are_rejected_for_the_right_reason)
{
    size_t n = sizeof bad / sizeof bad[0];

    ck_assert_uint_ge(n, 30);
    for (size_t i = 0; i < n; i++)
        judge(&bad[i]);
}
MST_TEST_END

MST_TEST(a_history_that_begins_enabled_may_be_activated_at_once)
{
    struct mst_history_op op;
    struct mst_history history = {.ops = &op, .n_ops = 1, .is_enabled = true};
    unsigned wrong = 99;

    ck_assert_int_eq(mst_history_parse(MST_LIT("A@1-2=200/k"), &op), MST_OK);
    ck_assert_int_eq(mst_history_judge(&history, &wrong), MST_OK);
    ck_assert_uint_eq(wrong, 0);
}
MST_TEST_END

MST_TEST(a_thousand_operations_at_once_are_judged_quickly)
{
    struct mst_history_op ops[MST_HISTORY_OPS_MAX];
    struct mst_history history = {.ops = ops, .n_ops = MST_HISTORY_OPS_MAX, .is_enabled = true};
    unsigned wrong = 99;

    for (size_t i = 0; i < MST_HISTORY_OPS_MAX; i++)
        ops[i] = (struct mst_history_op){
            .kind = MST_H_ACTIVATE, .start_ns = 1, .end_ns = 9, .status = i % 3 ? 409 : 0};
    ops[500].status = 200;
    ops[500].key[0] = 'k';
    ck_assert_int_eq(mst_history_judge(&history, &wrong), MST_OK);
    ck_assert_uint_eq(wrong, 0);
    ops[501].status = 200;
    ops[501].key[0] = 'k';
    ck_assert_int_eq(mst_history_judge(&history, &wrong), MST_OK);
    ck_assert_uint_eq(wrong, MST_WRONG_DOUBLE);
}
MST_TEST_END

MST_TEST(text_that_is_no_operation_is_refused)
{
    static const char *const texts[] = {
        "",           "A",         "A@1-2",
        "X@1-2=200",  "A@1=200",   "A@1-=200",
        "A@-2=200",   "A@1-2=",    "A@1-2=9x",
        "Ax@1-2=409", "A@1-2=600", "A@1-2=200/01234567890123456789012345678901234567890"};
    struct mst_history_op op;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(mst_history_parse(mst_span_str(texts[i]), &op) == MST_ESYNTAX, "%s",
                      texts[i]);
}
MST_TEST_END

MST_TESTS("fault/history", good_histories_are_explained,
          bad_histories_are_rejected_for_the_right_reason,
          a_history_that_begins_enabled_may_be_activated_at_once,
          a_thousand_operations_at_once_are_judged_quickly, text_that_is_no_operation_is_refused)
