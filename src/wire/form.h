/*
 * form.h - application/x-www-form-urlencoded as 1P clients write it
 * (protocol.md 2.3): items split on '&' only, empty items skipped, the first '='
 * splits name and value, values often unescaped.
 */
#ifndef MST_WIRE_FORM_H
#define MST_WIRE_FORM_H

#include "wire/pct.h"

struct mst_form_item {
    struct mst_span name;                /* decoded */
    struct mst_span value;               /* decoded, '+' as space; empty without '=' */
    struct mst_span raw_name, raw_value; /* as sent: for mst_form_plus */
    bool has_value;                      /* there was a '=' */
};

struct mst_form {
    struct mst_form_item *items; /* in the arena, in the order sent */
    size_t n_items;
};

/* Splits and decodes src. MST_EFULL beyond max_items, MST_ENOMEM. Nothing else is an error. */
MST_MUST_USE enum mst_err mst_form_parse(struct mst_arena *arena, struct mst_span src,
                                         size_t max_items, struct mst_form *ret_form);
/* A name or value with '+' kept, for a sender that does not escape; empty if that makes no difference. */
MST_MUST_USE enum mst_err mst_form_plus(struct mst_arena *arena, struct mst_span raw,
                                        struct mst_span *ret_text);
/* The first item of that name (first one wins), NULL if there is none. */
const struct mst_form_item *mst_form_get(const struct mst_form *form, const char *name);
/* The value of the first item of that name, empty if there is none. */
struct mst_span mst_form_value(const struct mst_form *form, const char *name);
/* Is the first item of that name exactly "true"? */
bool mst_form_true(const struct mst_form *form, const char *name);

#endif
