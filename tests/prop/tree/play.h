/*
 * play.h - a program while it is played: the model, who calls, what is asked, and what must come.
 */
#ifndef MST_TESTS_PROP_TREE_PLAY_H
#define MST_TESTS_PROP_TREE_PLAY_H

#include <stdint.h>

#include "tests/prop/tree/judge.h"

enum { PLAY_NAMES = 4 }; /* aliases are "a0" to "a3" */

struct mst_play {
    struct mst_naive tree;
    struct mst_naive before;              /* what it was before the call */
    int acting;                           /* the calling client */
    const struct mst_naive_token *bearer; /* the token it came by, or NULL */
    int key; /* or that of a client, or NAIVE_NOBODY: of the client above the tree */
    struct mst_judge_text request, expected;
    int n_requests; /* in the program */
    int n_calls;    /* in the request */
    uint64_t chance;
};

/* A random number below n. */
unsigned mst_play_pick(struct mst_play *play, unsigned n);

/* ---- what a call names (2.15.3) ---- */

struct mst_play_ref {
    bool is_alias;
    unsigned name; /* PLAY_NAMES: the caller itself */
    int node;
};

/* What would make sense; now and then something else is picked all the same. */
enum mst_play_want {
    PLAY_ANY,
    PLAY_CLIENT,
    PLAY_OWNER,       /* a client that owns something */
    PLAY_STRANGE,     /* a client that owns something whose RID was not seen yet */
    PLAY_ACTOR,       /* a client, and mostly the caller */
    PLAY_PORT,        /* a dataport or a datarule */
    PLAY_FULL,        /* of which one with values */
    PLAY_BELOW,       /* what lies below the caller */
    PLAY_CLIENT_BELOW /* of which a client */
};
struct mst_play_ref mst_play_pick_ref(struct mst_play *play, enum mst_play_want want);
/* A share code, good or not, that was seen; NULL. */
struct mst_naive_share *mst_play_pick_share(struct mst_play *play);
/* The number of a key, present or past, that was seen; NAIVE_NOBODY. */
int mst_play_pick_key(struct mst_play *play);
void mst_play_ask_ref(struct mst_play *play, const struct mst_play_ref *ref);

enum mst_play_found { PLAY_FOUND, PLAY_INVALID, PLAY_RESTRICTED };
extern const char *const mst_play_found_words[]; /* the statuses */

/* The node that the caller names. is_to_read: one outside its tree will do, too. */
enum mst_play_found mst_play_resolve(const struct mst_play *play, const struct mst_play_ref *ref,
                                     enum mst_naive_procedure procedure, bool is_to_read,
                                     int *ret_node);
enum mst_play_found mst_play_resolve_client(const struct mst_play *play,
                                            const struct mst_play_ref *ref,
                                            enum mst_naive_procedure procedure, bool is_to_read,
                                            int *ret_node);
/* May the caller, if it came by a token, name the node in a description? */
bool mst_play_is_admitted(const struct mst_play *play, enum mst_naive_procedure procedure,
                          int node);
/* Does the token, if there is one, name anything that lives for this procedure? */
bool mst_play_is_in_scope(const struct mst_play *play, enum mst_naive_procedure procedure);

/* ---- one call: what is asked, and its status ---- */

#define mst_play_ask(play, ...)    mst_judge_add(&(play)->request, __VA_ARGS__)
#define mst_play_expect(play, ...) mst_judge_add(&(play)->expected, __VA_ARGS__)

/* Then come the arguments. */
void mst_play_begin_call(struct mst_play *play, const char *procedure);
/* Either of them ends it. The result is expected next, and then a "}". */
void mst_play_end_call(struct mst_play *play, const char *status);
void mst_play_end_call_with_result(struct mst_play *play);
/* Gives whether what was done is within the limits; if not, it is undone. */
bool mst_play_settle(struct mst_play *play);
/* Ends the call; unless the status is "ok", all that was done is undone. */
void mst_play_refuse_or_end(struct mst_play *play, const char *status);
/* Settles and ends the call: the result is a new handle, or the status is "limit". */
void mst_play_end_call_with_new(struct mst_play *play, enum mst_judge_mark mark, int i);

bool mst_play_is_ok(const char *status);
/* "", and from then on ",". */
const char *mst_play_comma(bool *is_first);

/* A value, or what values are compared with: one of few. */
int mst_play_pick_value(struct mst_play *play);
/* A limit of a client; as a member of "limits". */
int mst_play_pick_limit(struct mst_play *play);
void mst_play_add_limit(struct mst_judge_text *text, int what, int limit);

#endif
