/* params.h - parameters of forms, as the handlers need them (protocol.md 2.3). */
#ifndef MST_FRONT_HTTP_PARAMS_H
#define MST_FRONT_HTTP_PARAMS_H

#include "front/http/exchange.h"

/* A value that may have been sent unescaped: to be tried as text, then as plus. */
struct mst_param {
    struct mst_span text; /* decoded; empty if absent */
    struct mst_span plus; /* with '+' kept; empty if that makes no difference */
};

struct mst_page {
    uint64_t offset, limit;
};

MST_MUST_USE enum mst_err mst_param_get(struct mst_exchange *x, const struct mst_form *form,
                                        const char *name, struct mst_param *ret_param);
MST_MUST_USE enum mst_err mst_param_of(struct mst_exchange *x, const struct mst_form_item *item,
                                       struct mst_param *ret_param);
/* What a POST to a collection names, and whether that is to be deleted. */
struct mst_entry {
    struct mst_param name;
    bool is_delete;
};
/* The form's param is the name; refused if it is absent or empty. */
MST_MUST_USE enum mst_err mst_entry_read(struct mst_exchange *x, const struct mst_form *form,
                                         const char *param, struct mst_entry *ret_entry);
/* The same of the exchange's form, as x->work: for collections that need no more. */
MST_MUST_USE enum mst_err mst_entry_prepare(struct mst_exchange *x, const char *param);

/* "delete=true" or "remove=true". */
bool mst_param_is_delete(const struct mst_form *form);
/* A whole number that may be negative, cut to 64 bits if it has more. absent: *ret_value is left.
   false: not a number. */
bool mst_param_int(const struct mst_form *form, const char *name, int64_t *ret_value);

/* The page that a listing is asked for (protocol.md 4): offset 0 and limit if the query has none, then
   within bounds. false: not a number. */
bool mst_param_page(const struct mst_form *query, int64_t limit, struct mst_page *ret_page);
/* Does Content-Type hold the word, in any case (2.3 "Which parser to use")? */
bool mst_param_is_type(const struct mst_exchange *x, const char *word);

/* Appends a CSV row of one field to the reply; arg is the exchange. */
enum mst_err mst_reply_name(void *arg, struct mst_span name);
/* A reply of CSV rows, or 204 if none was written. Returns MST_OK. */
enum mst_err mst_reply_rows(struct mst_exchange *x);

#endif
