/*
 * shot.h - the datagram of a UDP single shot (protocol.md 3.2).
 *
 *   cik=<CIK>&<alias>=<value>&<alias>=<value>
 *
 * in form coding, with one line end behind it or none.
 */
#ifndef MST_WIRE_SHOT_H
#define MST_WIRE_SHOT_H

#include "wire/form.h"

struct mst_shot {
    struct mst_span cik;    /* of the first item of that name, wherever it stands */
    struct mst_form values; /* all items but those of that name */
};

/* In the arena; the shot lives as long as it and bytes. MST_ESYNTAX: no cik; MST_EFULL: more than
   max_items; MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_shot_read(struct mst_arena *arena, struct mst_span bytes,
                                        size_t max_items, struct mst_shot *ret_shot);

#endif
