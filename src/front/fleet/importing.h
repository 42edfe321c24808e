/*
 * importing.h - a call that adds lines of a fleet: what its steps share (fleet.c, bytes.c).
 */
#ifndef MST_FRONT_FLEET_IMPORTING_H
#define MST_FRONT_FLEET_IMPORTING_H

#include "core/fleet.h"
#include "front/http/exchange.h"
#include "wire/digest.h"
#include "wire/envelope.h"

struct mst_fleet_note {
    uint64_t line;
    const char *text; /* of this program */
};

/* Pieces of one blob, on their way to the store. */
struct mst_fleet_bytes {
    uint8_t seed[MST_LINE_MAC_BYTES]; /* of the file */
    struct mst_row_blob blob;
    uint64_t n_hashed, n_next; /* pieces, before the running command and behind it */
    struct mst_sha256 sha, sha_next;
};

struct mst_fleet_importing {
    struct mst_fleet_import to;
    struct mst_fleet_item *items;
    size_t n_items;
    uint64_t from; /* the number of the first line */
    bool has_end;
    struct mst_fleet_bytes bytes;
    /* What came of it. */
    size_t n_made, n_there, n_left_out, n_notes;
    struct mst_fleet_note notes[MST_FLEET_NOTES_MAX];
};

/* Refuses line number line. */
enum mst_err mst_fleet_refuse_line(struct mst_exchange *x, uint64_t line, unsigned status,
                                   const char *why);
/* The last step: tells what came of it. */
mst_step mst_fleet_report;

/* The first step for lines that begin with bytes of content. */
mst_step mst_fleet_take_bytes;

#endif
