/* params.h - parameters of forms, as the handlers need them (protocol.md 2.3). */
#ifndef MST_FRONT_HTTP_PARAMS_H
#define MST_FRONT_HTTP_PARAMS_H

#include "front/http/exchange.h"

/* A value that may have been sent unescaped: to be tried as text, then as plus. */
struct mst_param {
    struct mst_span text; /* decoded; empty if absent */
    struct mst_span plus; /* with '+' kept; empty if that makes no difference */
};

MST_MUST_USE enum mst_err mst_param_get(struct mst_exchange *x, const struct mst_form *form,
                                        const char *name, struct mst_param *ret_param);
MST_MUST_USE enum mst_err mst_param_of(struct mst_exchange *x, const struct mst_form_item *item,
                                       struct mst_param *ret_param);
/* "delete=true" or "remove=true". */
bool mst_param_is_delete(const struct mst_form *form);
/* A whole number that may be negative, cut to 64 bits if it has more. absent: *ret_value is left.
   false: not a number. */
bool mst_param_int(const struct mst_form *form, const char *name, int64_t *ret_value);

/* Appends a CSV row of one field to the reply; arg is the exchange. */
enum mst_err mst_reply_name(void *arg, struct mst_span name);

#endif
