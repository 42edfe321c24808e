/*
 * Dates of HTTP: what is read, written anew, is read the same; a year of two digits is less than 50
 * years back and at most 50 ahead; what is no date leaves the result alone.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/httpdate.h"

enum { NOW_YEAR = 2026, YEAR_S = 31556952 };
#define PRINTED_MAX INT64_C(253402300799)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span text = mst_span_of(data, size);
    char printed[MST_HTTPDATE_CHARS];
    int64_t at = -1, again;
    enum mst_err err = mst_httpdate_parse(text, NOW_YEAR, &at);

    if (err != MST_OK) {
        assert(err == MST_ESYNTAX && at == -1);
        return 0;
    }
    assert(size >= sizeof "Sun Nov  6 08:49:37 1994" - 1);
    if (mst_span_find(text, '-', 0) < text.len)
        assert(at / YEAR_S + 1970 >= NOW_YEAR - 51 && at / YEAR_S + 1970 <= NOW_YEAR + 51);
    if (at < 0 || at > PRINTED_MAX)
        return 0; /* before 1970, or the leap second after year 9999: never printed */
    mst_httpdate_print(at, printed);
    assert(mst_httpdate_parse(mst_span_of(printed, sizeof printed), NOW_YEAR, &again) == MST_OK);
    assert(again == at);
    return 0;
}
