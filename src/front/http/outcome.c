#include <assert.h>
#include <stddef.h>

#include "front/http/outcome.h"

static const unsigned general[MST_VERDICT_COUNT] = {
    [MST_DONE] = 500,           [MST_BAD_VALUE] = 400,     [MST_NO_AUTH] = 401,
    [MST_KEY_LOCKED] = 401,     /* A21 */
    [MST_NO_VENDOR_NAME] = 412, /* A15 */
    [MST_NOT_DOMAIN] = 403,     [MST_NO_SHARE] = 403,      [MST_NO_VENDOR] = 404,
    [MST_NO_MODEL] = 404,       [MST_NO_SERIAL] = 404,     [MST_NO_OWNER] = 403,
    [MST_NOT_FOUND] = 404,      [MST_RESTRICTED] = 403,    [MST_NOT_OWNED] = 403,
    [MST_EXISTS] = 409,         [MST_IN_USE] = 409,        [MST_NO_ROOM] = 409,
    [MST_HAS_CLIENT] = 409,     [MST_HAS_NO_CLIENT] = 409, [MST_NOT_ADDED] = 409,
    [MST_ACTIVATED] = 409,      [MST_EXPIRED] = 409,       [MST_DISABLED] = 409,
    [MST_SECOND_CALLER] = 409,  [MST_ORPHANED] = 409,      [MST_LOCKED] = 409,
    [MST_NESTED] = 409,         [MST_NO_TEMPLATE] = 409,   [MST_OVERLAPS] = 409,
};

/* Where a family differs. */
static const struct {
    enum mst_family family;
    enum mst_verdict verdict;
    unsigned status;
} special[] = {
    {MST_FAMILY_ACTIVATE, MST_NO_VENDOR,  403}, /* A1 */
    {MST_FAMILY_ACTIVATE, MST_NO_MODEL,   403},
    {MST_FAMILY_DATA,     MST_NO_ROOM,    413}, /* 409 has a body of its own (2.12.5) */
    {MST_FAMILY_LOOK,     MST_NO_MODEL,   400},
    {MST_FAMILY_LOOK,     MST_NO_SERIAL,  400},
    {MST_FAMILY_LOOK,     MST_RESTRICTED, 400},
    {MST_FAMILY_FETCH,    MST_NO_MODEL,   403},
    {MST_FAMILY_FETCH,    MST_NO_SERIAL,  403},
};

unsigned mst_outcome_status(enum mst_family family, enum mst_verdict verdict)
{
    assert((unsigned)family < MST_FAMILY_COUNT && (unsigned)verdict < MST_VERDICT_COUNT);
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (special[i].family == family && special[i].verdict == verdict)
            return special[i].status;
    /* A client in the field erases its key at a 403 on data paths (2.12.2). */
    return family == MST_FAMILY_DATA && general[verdict] == 403 ? 400 : general[verdict];
}

unsigned mst_outcome_error(enum mst_err err)
{
    switch (err) {
    case MST_ENOMEM:
    case MST_EFULL:
    case MST_EBUSY:
    case MST_EIO:
    case MST_EFSYNC:
    case MST_EUNKNOWN:
    case MST_ETIMEOUT:
    case MST_ECLOSED:
        return 503;
    case MST_OK:
    case MST_EINVAL:
    case MST_ESYNTAX:
    case MST_EMORE:
    case MST_ENOENT:
    case MST_EEXIST:
    case MST_EREFUSED:
    case MST_ECORRUPT:
    case MST_EVERSION:
    case MST_EKEY:
    case MST_ESYS:
        break;
    }
    return 500;
}
