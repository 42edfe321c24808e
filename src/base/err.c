#include "base/err.h"

const char *mst_err_text(enum mst_err err)
{
    switch (err) {
    case MST_OK:
        return "no error";
    case MST_ENOMEM:
        return "out of memory";
    case MST_EFULL:
        return "a limit is reached";
    case MST_EINVAL:
        return "invalid value";
    case MST_ESYNTAX:
        return "syntax error";
    case MST_EMORE:
        return "incomplete input";
    case MST_ENOENT:
        return "not found";
    case MST_EEXIST:
        return "exists already";
    case MST_EREFUSED:
        return "refused";
    case MST_EBUSY:
        return "busy, try again later";
    case MST_EIO:
        return "input or output failed";
    case MST_EFSYNC:
        return "a flush to disk failed";
    case MST_EUNKNOWN:
        return "outcome unknown";
    case MST_ECORRUPT:
        return "stored data is damaged";
    case MST_EVERSION:
        return "made by a newer version";
    case MST_EKEY:
        return "key file missing or wrong";
    case MST_ETIMEOUT:
        return "timed out";
    case MST_ECLOSED:
        return "closed";
    case MST_ESYS:
        return "system call failed";
    }
    return "unknown error";
}
