#include "front/http/outcome.h"
#include "tests/lib/unit.h"
#include "wire/http1.h"

static const struct {
    enum mst_family family;
    enum mst_verdict verdict;
    unsigned status;
} rows[] = {
    {MST_FAMILY_ACTIVATE, MST_BAD_VALUE,      400},
    {MST_FAMILY_ACTIVATE, MST_NO_VENDOR,      403},
    {MST_FAMILY_ACTIVATE, MST_NO_MODEL,       403},
    {MST_FAMILY_ACTIVATE, MST_NO_SERIAL,      404},
    {MST_FAMILY_ACTIVATE, MST_NOT_ADDED,      409},
    {MST_FAMILY_ACTIVATE, MST_ACTIVATED,      409},
    {MST_FAMILY_ACTIVATE, MST_SECOND_CALLER,  409},
    {MST_FAMILY_ACTIVATE, MST_EXPIRED,        409},
    {MST_FAMILY_ACTIVATE, MST_DISABLED,       409},
    {MST_FAMILY_ACTIVATE, MST_ORPHANED,       409},
    {MST_FAMILY_ACTIVATE, MST_LOCKED,         409},
    {MST_FAMILY_LOOK,     MST_NO_MODEL,       400},
    {MST_FAMILY_LOOK,     MST_NO_SERIAL,      400},
    {MST_FAMILY_LOOK,     MST_RESTRICTED,     400},
    {MST_FAMILY_LOOK,     MST_NOT_FOUND,      404},
    {MST_FAMILY_FETCH,    MST_NO_MODEL,       403},
    {MST_FAMILY_FETCH,    MST_NO_SERIAL,      403},
    {MST_FAMILY_FETCH,    MST_RESTRICTED,     403},
    {MST_FAMILY_FETCH,    MST_NOT_FOUND,      404},
    {MST_FAMILY_FETCH,    MST_NO_AUTH,        401},
    {MST_FAMILY_MANAGE,   MST_BAD_VALUE,      400},
    {MST_FAMILY_MANAGE,   MST_NO_AUTH,        401},
    {MST_FAMILY_MANAGE,   MST_KEY_LOCKED,     401},
    {MST_FAMILY_MANAGE,   MST_NO_VENDOR_NAME, 412},
    {MST_FAMILY_MANAGE,   MST_NOT_DOMAIN,     403},
    {MST_FAMILY_MANAGE,   MST_NO_SHARE,       403},
    {MST_FAMILY_MANAGE,   MST_NO_VENDOR,      404},
    {MST_FAMILY_MANAGE,   MST_NO_MODEL,       404},
    {MST_FAMILY_MANAGE,   MST_NO_SERIAL,      404},
    {MST_FAMILY_MANAGE,   MST_NO_OWNER,       403},
    {MST_FAMILY_MANAGE,   MST_NOT_FOUND,      404},
    {MST_FAMILY_MANAGE,   MST_RESTRICTED,     403},
    {MST_FAMILY_MANAGE,   MST_EXISTS,         409},
    {MST_FAMILY_MANAGE,   MST_OVERLAPS,       409},
    {MST_FAMILY_MANAGE,   MST_NO_ROOM,        409},
    {MST_FAMILY_DATA,     MST_NO_ROOM,        413},
    {MST_FAMILY_MANAGE,   MST_NESTED,         409},
    {MST_FAMILY_MANAGE,   MST_HAS_CLIENT,     409},
    {MST_FAMILY_MANAGE,   MST_HAS_NO_CLIENT,  409},
    {MST_FAMILY_MANAGE,   MST_ORPHANED,       409},
    {MST_FAMILY_MANAGE,   MST_NO_TEMPLATE,    409},
    {MST_FAMILY_DATA,     MST_NO_AUTH,        401},
    {MST_FAMILY_DATA,     MST_KEY_LOCKED,     401},
    {MST_FAMILY_DATA,     MST_BAD_VALUE,      400},
};

MST_TEST(each_verdict_has_the_status_of_its_family)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(mst_outcome_status(rows[i].family, rows[i].verdict) == rows[i].status,
                      "row %zu", i);
}
MST_TEST_END

MST_TEST(every_status_is_a_canonical_one)
{
    for (int family = 0; family < MST_FAMILY_COUNT; family++)
        for (int verdict = 0; verdict < MST_VERDICT_COUNT; verdict++)
            ck_assert_ptr_nonnull(mst_http_reason(
                mst_outcome_status((enum mst_family)family, (enum mst_verdict)verdict)));
}
MST_TEST_END

MST_TEST(data_paths_never_answer_403_and_activation_never_401)
{
    for (int verdict = 0; verdict < MST_VERDICT_COUNT; verdict++)
        ck_assert_uint_ne(mst_outcome_status(MST_FAMILY_DATA, (enum mst_verdict)verdict), 403);
    for (int verdict = MST_NO_VENDOR; verdict < MST_VERDICT_COUNT; verdict++)
        ck_assert_uint_ne(mst_outcome_status(MST_FAMILY_ACTIVATE, (enum mst_verdict)verdict), 401);
}
MST_TEST_END

MST_TEST(errors_that_pass_are_503_and_all_others_500)
{
    ck_assert_uint_eq(mst_outcome_error(MST_EFULL), 503);
    ck_assert_uint_eq(mst_outcome_error(MST_EBUSY), 503);
    ck_assert_uint_eq(mst_outcome_error(MST_EIO), 503);
    ck_assert_uint_eq(mst_outcome_error(MST_EUNKNOWN), 503);
    ck_assert_uint_eq(mst_outcome_error(MST_ENOMEM), 503);
    ck_assert_uint_eq(mst_outcome_error(MST_ECORRUPT), 500);
    ck_assert_uint_eq(mst_outcome_error(MST_EINVAL), 500);
}
MST_TEST_END

MST_TESTS("front/http/outcome", each_verdict_has_the_status_of_its_family,
          every_status_is_a_canonical_one, data_paths_never_answer_403_and_activation_never_401,
          errors_that_pass_are_503_and_all_others_500)
