/*
 * info.h - the parts of the answer to info (protocol.md 2.15.6). Inside front/rpc/info*.c only.
 */
#ifndef MST_FRONT_RPC_INFO_H
#define MST_FRONT_RPC_INFO_H

#include "core/owned.h"
#include "front/rpc/call.h"

struct mst_info_storage {
    int64_t count, first, last, bytes;
};

struct mst_info_alias {
    size_t len;
    char text[MST_ALIAS_MAX];
};

/* Kept from turn to turn. */
struct mst_info_telling {
    int64_t resource_id;
    size_t part; /* the one at hand */
    size_t n_asked, n_told;
    bool is_hidden; /* one was asked for that this caller may not see */
    /* of a part in turns */
    bool is_begun;
    int64_t kind, after; /* the row that was told last, and of which kind it is */
    size_t n_rows;       /* that were told */
    struct mst_owned owned;
    struct mst_info_storage storage;
    struct mst_info_alias name; /* of the client's aliases, the one whose resource is at hand ... */
    int64_t named_id;           /* ... which is this, or 0 ... */
    struct mst_info_alias last; /* ... and of that resource's, the one that was told last */
};

/* Of one turn. */
struct mst_info_view {
    struct mst_rpc_call *call;
    struct mst_tx *tx;
    struct mst_buf *out;
    struct mst_info_telling *telling;
    struct mst_turn turn;
    struct mst_info info;
    bool is_client;
};

/* Appends json, which it takes; NULL is MST_ENOMEM. */
enum mst_err mst_info_print(const struct mst_info_view *view, json_t *json);
/* Appends the name of the part at hand; its value must follow. */
void mst_info_begin_part(const struct mst_info_view *view);

/* A part that is small. *ret_json stays NULL if it does not apply or may not be seen. */
typedef enum mst_err mst_info_show(struct mst_info_view *view, json_t **ret_json);
mst_info_show mst_info_show_basic, mst_info_show_description, mst_info_show_key,
    mst_info_show_subscribers, mst_info_show_tags; /* info_facts.c */
mst_info_show mst_info_show_usage;                 /* info_counts.c */

/* A part that grows with what is stored: it prints as much as it can in a turn, and says whether that is all.
   MST_EFULL: it is too much. */
typedef enum mst_err mst_info_tell(struct mst_info_view *view, bool *ret_is_whole);
mst_info_tell mst_info_tell_counts, mst_info_tell_storage;                       /* info_counts.c */
mst_info_tell mst_info_tell_aliases, mst_info_tell_shares, mst_info_tell_tagged; /* info_lists.c */

#endif
