/* caller.h - who asks: the auth of a request, and what it is worth (protocol.md 2.15.1). */
#ifndef MST_TESTS_PROP_TREE_CALLER_H
#define MST_TESTS_PROP_TREE_CALLER_H

#include "tests/prop/tree/play.h"

enum mst_caller_standing {
    CALLER_WELCOME,
    CALLER_LOCKED,  /* every call is answered so */
    CALLER_STRANGER /* the whole request is refused */
};

/*
 * Someone at random: by a grant token, by a key of a client, present or past, or by that of the client above
 * the tree, root; with a key as the client itself, as one that is named, or as the owner of what is named. Asks for it
 * by the beginning of a request, up to its calls, and says so in play.
 */
enum mst_caller_standing mst_caller_pick(struct mst_play *play, const char *root);

#endif
