/* httpdate.h - the dates of HTTP (RFC 9110 5.6.7). */
#ifndef MST_WIRE_HTTPDATE_H
#define MST_WIRE_HTTPDATE_H

#include "base/span.h"

enum { MST_HTTPDATE_CHARS = 29 };

/* IMF-fixdate ("Sat, 01 Jan 2022 00:00:00 GMT"), no NUL. at: 0 .. year 9999, Unix seconds. */
void mst_httpdate_print(int64_t at, char ret_text[MST_HTTPDATE_CHARS]);
/* All three classic forms (IMF-fixdate, RFC 850, asctime). MST_ESYNTAX. now_year resolves the
   two digit years of RFC 850 (more than 50 years ahead reads as the past). */
MST_MUST_USE enum mst_err mst_httpdate_parse(struct mst_span text, int now_year, int64_t *ret_at);

#endif
