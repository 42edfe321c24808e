/*
 * shape.h - what arguments a procedure takes (protocol.md 2.15.4), in one table; and the arguments of
 * a call, checked against it and taken apart.
 *
 * A row is one shape: the types of the arguments from left to right. A procedure has several if it
 * takes different arguments by a word, or if old clients leave out the leading resource; the first that
 * fits counts. Arguments land in slots, the same in all shapes of a procedure: where the
 * leading resource is left out, slot 0 is not given.
 *
 * The source is read as JSON text, so that numbers keep their digits. Spans borrow from it or
 * lie in the arena.
 */
#ifndef MST_FRONT_RPC_SHAPE_H
#define MST_FRONT_RPC_SHAPE_H

#include "base/json.h"
#include "core/resource.h"

enum { MST_RPC_SLOTS = 4 };

enum mst_rpc_type {
    MST_RPC_END,     /* of a list */
    MST_RPC_RID,     /* a RID or {"alias": name} (2.15.3): ref */
    MST_RPC_TEXT,    /* text */
    MST_RPC_WORD,    /* a text, one of words: word. An argument with any other text is "badarg" */
    MST_RPC_TEXTS,   /* a list of texts: items[].text */
    MST_RPC_BOOL,    /* is_true */
    MST_RPC_NUMBER,  /* number; integer is the same toward zero */
    MST_RPC_VALUE,   /* what a dataport may hold: number, text, truth: text and as_number */
    MST_RPC_ID,      /* of a call or a subscription: number or text: raw, as it came */
    MST_RPC_NULL,    /* nothing but null */
    MST_RPC_OBJECT,  /* any object: raw */
    MST_RPC_OPTIONS, /* an object; those of its members that have a name in the list: members */
    MST_RPC_FLAGS,   /* the same; or a list of names of truths, which are then true: members */
    MST_RPC_POINTS,  /* [[time, value], ...]: items[].at, .text, .as_number */
    MST_RPC_WRITES,  /* [[rid, value], ...]: items[].ref, .text, .as_number */
};

/* One item of a list. */
struct mst_rpc_item {
    struct mst_ref ref;
    int64_t at;
    struct mst_span text, as_number;
};

/* An argument, or an option. Null is as good as nothing, where nothing is allowed; so is [] as an argument. */
struct mst_rpc_value {
    bool is_given;
    bool is_true;
    size_t word;
    int64_t integer;
    double number;
    struct mst_ref ref;
    struct mst_span text;
    struct mst_span as_number; /* of a VALUE that is a truth: "1" or "0", for ports of numbers */
    struct mst_span raw;       /* JSON text */
    bool is_list;
    size_t n_items;
    struct mst_rpc_item *items;
    size_t n_given; /* members, or elements of a list of names, whatever their names */
    struct mst_rpc_value *members; /* in the order of the list; never NULL for OPTIONS and FLAGS */
};

struct mst_rpc_args {
    struct mst_rpc_value v[MST_RPC_SLOTS];
};

struct mst_rpc_member {
    const char *name; /* NULL ends the list */
    enum mst_rpc_type type;
    const char *const *words; /* of a WORD, ended by NULL */
};

struct mst_rpc_param {
    enum mst_rpc_type type;
    bool is_optional; /* and so are all behind it */
    const char *const *words;
    size_t first_word; /* the number of the first of them */
    const struct mst_rpc_member *members;
};

struct mst_rpc_shape {
    const char *procedure;
    size_t first; /* the slot of the leftmost argument */
    struct mst_rpc_param params[MST_RPC_SLOTS + 1];
};

extern const struct mst_rpc_shape mst_rpc_shapes[]; /* those of a procedure side by side */
extern const size_t mst_rpc_n_shapes;

/* Places in the lists of words and members; the lists are beside the table. */
enum { MST_RPC_CLIENT, MST_RPC_DATAPORT, MST_RPC_DATARULE, MST_RPC_DISPATCH, MST_RPC_CLONE };
enum { MST_RPC_KEY_CLIENT, MST_RPC_KEY_SHARE };
enum { MST_RPC_ALIAS, MST_RPC_ALIASED, MST_RPC_SHARED, MST_RPC_OWNER };
enum { MST_RPC_ADD, MST_RPC_REMOVE };
enum { MST_RPC_DESC, MST_RPC_ASC };
enum { MST_RPC_ALL, MST_RPC_GIVENWINDOW, MST_RPC_AUTOWINDOW };
enum mst_rpc_read_option {
    MST_RPC_STARTTIME,
    MST_RPC_ENDTIME,
    MST_RPC_SORT,
    MST_RPC_LIMIT,
    MST_RPC_SELECTION
};
enum { MST_RPC_NEWERTHAN, MST_RPC_OLDERTHAN };
enum { MST_RPC_TIMEOUT, MST_RPC_SINCE, MST_RPC_SUBS_ID };
enum { MST_RPC_OWNED, MST_RPC_OPT_ALIASED, MST_RPC_ACTIVATED, MST_RPC_PUBLIC, MST_RPC_TAGGED };
enum { MST_RPC_META, MST_RPC_CODE };
/* info: in the order of 2.15.6 by name. usage: the words are mst_rpc_metrics. */
enum mst_rpc_info_part {
    MST_RPC_INFO_ALIASES,
    MST_RPC_INFO_BASIC,
    MST_RPC_INFO_COUNTS,
    MST_RPC_INFO_DESCRIPTION,
    MST_RPC_INFO_KEY,
    MST_RPC_INFO_SHARES,
    MST_RPC_INFO_STORAGE,
    MST_RPC_INFO_SUBSCRIBERS,
    MST_RPC_INFO_TAGGED,
    MST_RPC_INFO_TAGS,
    MST_RPC_INFO_USAGE,
    MST_RPC_INFO_PARTS
};
extern const struct mst_rpc_member mst_rpc_info_parts[];
extern const char *const mst_rpc_metrics[];

/* Whether arguments fit. */
enum mst_rpc_fit {
    MST_RPC_FITS,
    MST_RPC_BADARG, /* the types do, a word does not */
    MST_RPC_MISFITS /* wrong number of arguments, wrong types, no list: 501 "arguments" */
};

/*
 * The arguments of a call of that procedure; json is the text of a whole JSON value that was checked
 * (mst_json_again), empty if there is none. MST_ENOMEM. A procedure without a shape misfits.
 */
MST_MUST_USE enum mst_err mst_rpc_args_read(struct mst_arena *arena, struct mst_span procedure,
                                            struct mst_span json, enum mst_rpc_fit *ret_fit,
                                            struct mst_rpc_args *ret_args);

/* One object by a list of members: a value of MST_RPC_OPTIONS; json as above. MST_EREFUSED: it does not fit. */
MST_MUST_USE enum mst_err mst_rpc_options_read(struct mst_arena *arena,
                                               const struct mst_rpc_member *members,
                                               struct mst_span json,
                                               struct mst_rpc_value *ret_value);

#endif
