/*
 * fleet.h - a vendor as a list of items, to be moved to another server: what there is, in an order in
 * which each item names only such that came before it. How items look in a file is the front's
 * (docs/fleet-format.md). Stored points are no items.
 */
#ifndef MST_CORE_FLEET_H
#define MST_CORE_FLEET_H

#include "core/client.h"
#include "core/range.h"
#include "core/resource.h"

enum mst_fleet_type {
    MST_FLEET_CLIENT,   /* the tree, from the domain client down; a parent before its children */
    MST_FLEET_DATAPORT, /* in the order of enum mst_kind */
    MST_FLEET_DATARULE,
    MST_FLEET_DISPATCH,
    MST_FLEET_VENDOR,
    MST_FLEET_TOKEN, /* a name only: tokens are made anew */
    MST_FLEET_MODEL,
    MST_FLEET_SHARE, /* the model before it, lent to a vendor */
    MST_FLEET_RANGE,
    MST_FLEET_GROUP,
    MST_FLEET_MEMBER,
    MST_FLEET_CONTENT,
    MST_FLEET_BLOB, /* a piece of the bytes of the entry before it; the last one tells of them all */
    MST_FLEET_SERIAL,
    MST_FLEET_TYPE_COUNT
};

/* A past activation of a serial number. */
struct mst_fleet_activation {
    int64_t at;
    struct mst_span peer;
};

/* One item. Fields that its type has no use for are zero; a RID or key that is absent has a NUL as its
   first character. */
struct mst_fleet_item {
    enum mst_fleet_type type;
    /* resources */
    struct mst_handle rid;   /* of a serial number: its client's */
    struct mst_handle owner; /* absent: the root client, for the domain client alone */
    struct mst_handle cik;   /* clients, while the key is pending or in force. Secret */
    int64_t created, modified, is_public, format;
    struct mst_span
        name; /* also of vendors, tokens, models, groups, content; of shares the vendor */
    struct mst_span meta, detail;
    struct mst_span *aliases; /* that the owner gave it */
    size_t n_aliases;
    int64_t state;  /* clients: PENDING and later of enum mst_state */
    int64_t left_s; /* PENDING: how much of the window is left, seconds */
    int64_t is_locked, suspect;
    int64_t activated_at; /* the present activation, 0 = none, and from where */
    struct mst_span activated_by;
    int64_t limits[MST_LIMIT_COUNT];
    /* models */
    struct mst_handle template, creator;
    int64_t options, window_s;
    /* what belongs to a model */
    struct mst_span model;
    struct mst_span sn, extra, lent_to; /* lent_to: a vendor's name */
    int64_t is_orphan;                  /* its client was dropped */
    struct mst_fleet_activation *log;   /* oldest first, without the present one */
    size_t n_log;
    struct mst_sn_range range;
    struct mst_span group, member_type, member;
    int64_t expire;
    int64_t is_protected;
    int64_t piece;         /* the number of a piece, from 0; its entry is named as in content */
    struct mst_span bytes; /* MST_PIECE_MAX of them, but of the last one */
    int64_t size;          /* of all pieces: in the last one, as are */
    struct mst_span mime, sha256;
};

/* ---- out ---- */

enum mst_fleet_phase {
    MST_FLEET_IN_TREE,
    MST_FLEET_IN_VENDOR,
    MST_FLEET_IN_TOKENS,
    MST_FLEET_IN_MODELS, /* the next model */
    MST_FLEET_IN_SHARES,
    MST_FLEET_IN_RANGES,
    MST_FLEET_IN_GROUPS, /* the next group */
    MST_FLEET_IN_MEMBERS,
    MST_FLEET_IN_CONTENT, /* the next entry */
    MST_FLEET_IN_BLOB,
    MST_FLEET_IN_SERIALS,
    MST_FLEET_AT_END
};

/* Where an export stands; all zero at its begin. */
struct mst_fleet_place {
    int64_t phase;
    int64_t model_id, group_id, content_id;
    int64_t id;           /* the last row given, by number, or the blob; */
    int64_t skip;         /* or how many rows, or pieces, of the phase were given; */
    struct mst_span text; /* or the last row's name */
};

/*
 * Gives each(arg, item) the items behind *place, until it returns MST_EREFUSED (behind the item it was given:
 * the place is then there) or the end is reached. *place is moved on; its text lives as long as
 * the transaction's arena. MST_NOT_FOUND: what the place names is gone, the vendor was changed
 * meanwhile; begin again.
 */
MST_MUST_USE enum mst_err
mst_fleet_export(const struct mst_domain *domain, struct mst_tx *tx,
                 const struct mst_row_vendor *vendor, struct mst_fleet_place *place,
                 enum mst_err (*each)(void *arg, const struct mst_fleet_item *item), void *arg,
                 enum mst_verdict *ret_verdict);

/* ---- in ---- */

enum mst_fleet_outcome {
    MST_FLEET_MADE,
    MST_FLEET_THERE,   /* it was there already */
    MST_FLEET_LEFT_OUT /* *ret_why says why */
};

struct mst_fleet_import {
    struct mst_span vendor;       /* its name */
    struct mst_handle domain_rid; /* its domain client's */
    bool is_checking; /* nothing will be kept, so what items before this one made may be missing */
};

/*
 * Adds an item. What is there already, by its RID or name, is left as it is, so a list may be
 * imported again. A refusal is told in *ret_why, in words, and may have written: undo.
 */
MST_MUST_USE enum mst_err mst_fleet_import_item(const struct mst_domain *domain, struct mst_tx *tx,
                                                const struct mst_fleet_import *import,
                                                const struct mst_fleet_item *item,
                                                enum mst_verdict *ret_verdict,
                                                enum mst_fleet_outcome *ret_outcome,
                                                const char **ret_why);

/* ---- in: the bytes of content ---- */

/*
 * An item of type BLOB is no row: runs of them are added by commands of MST_FILE_CONTENT, and when all
 * are there a command of the state file points the entry to them (blob.h). Whoever imports gives
 * the blob a number and an attempt that follow from the list, the entry and the session: so what a call
 * began another one goes on with, and nothing of an earlier session is ever taken up again.
 */

/* Is it a piece that can be, and comes behind the one before, if that is not NULL? */
bool mst_fleet_is_next_piece(const struct mst_fleet_item *item,
                             const struct mst_fleet_item *before);
bool mst_fleet_is_last_piece(const struct mst_fleet_item *item);
/* On a reader. As import_item: *ret_outcome is THERE if the entry has bytes. *ret_content_id is 0 if it is
   not there and may only not have been kept. */
MST_MUST_USE enum mst_err mst_fleet_find_entry(const struct mst_domain *domain, struct mst_tx *tx,
                                               const struct mst_fleet_import *import,
                                               const struct mst_fleet_item *piece,
                                               enum mst_verdict *ret_verdict,
                                               enum mst_fleet_outcome *ret_outcome,
                                               const char **ret_why, int64_t *ret_content_id);
/* In a MST_FILE_CONTENT command. The same pieces may come twice. MST_NOT_FOUND: those before them are not
   there, or are being swept. */
MST_MUST_USE enum mst_err mst_fleet_add_pieces(const struct mst_domain *domain, struct mst_tx *tx,
                                               const struct mst_row_blob *blob,
                                               const struct mst_fleet_item *pieces, size_t n,
                                               enum mst_verdict *ret_verdict);
/* Points the entry to its blob (mst_content_point), unless it has other bytes by now: THERE. */
MST_MUST_USE enum mst_err mst_fleet_point(const struct mst_domain *domain, struct mst_tx *tx,
                                          const struct mst_row_content *content,
                                          enum mst_verdict *ret_verdict,
                                          enum mst_fleet_outcome *ret_outcome);

#endif
