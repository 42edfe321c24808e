/* detail.h - what the domain needs of the JSON text in resource.detail (protocol.md 2.15.5). */
#ifndef MST_CORE_DETAIL_H
#define MST_CORE_DETAIL_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/rows.h"

#define MST_KEEP_ALL INT64_MAX
/* The member that holds the generation. */
#define MST_DETAIL_GENERATION "changed"

struct mst_detail {
    struct mst_span subscribe;  /* a RID; empty: none */
    struct mst_span preprocess; /* the JSON of a list; empty: none, or one without steps */
    struct mst_span rule;       /* the JSON of an object; empty: none */
    int64_t keep_count;         /* of retention: points, and for how many seconds; MST_KEEP_ALL */
    int64_t keep_s;
    bool is_locked;
    int64_t generation; /* of a datarule (rule_memory.h) */
};

/* What is missing, or not of the form that it must have, is taken as not given: a text may
   have come from another server. Borrows from text and arena. MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_detail_read(struct mst_arena *arena, struct mst_span text,
                                          struct mst_detail *ret_detail);

/* The text with that generation, which no description shows. MST_EFULL: it is longer than MST_DETAIL_MAX then. */
MST_MUST_USE enum mst_err mst_detail_set_generation(struct mst_arena *arena, struct mst_span text,
                                                    int64_t generation, struct mst_span *ret_text);

/* Appends the members of a text but the one of that name, as they stand there, with commas between them. */
MST_MUST_USE enum mst_err mst_detail_copy_others(struct mst_arena *arena, struct mst_span text,
                                                 struct mst_span name, struct mst_buf *out,
                                                 bool *ret_is_any);

/* resource.flow_bits (rows.h) of a resource of that kind with this detail. */
int64_t mst_detail_flow_bits(int64_t kind, const struct mst_detail *detail);

#endif
