/*
 * verbs.h - the calls of a program. Each picks its arguments at random, writes them into the request, does to the
 * model what protocol.md 2.15.4 says, and writes what must come. It may also do nothing, if the program
 * has nothing yet for it.
 */
#ifndef MST_TESTS_PROP_TREE_VERBS_H
#define MST_TESTS_PROP_TREE_VERBS_H

#include "tests/prop/tree/play.h"

void mst_verb_activate_key(struct mst_play *play);
void mst_verb_activate_share(struct mst_play *play);
void mst_verb_clone(struct mst_play *play);
void mst_verb_create(struct mst_play *play);
void mst_verb_deactivate_key(struct mst_play *play);
void mst_verb_deactivate_share(struct mst_play *play);
void mst_verb_drop(struct mst_play *play);
void mst_verb_grant(struct mst_play *play);
void mst_verb_info(struct mst_play *play);
void mst_verb_listing(struct mst_play *play);
void mst_verb_lookup(struct mst_play *play);
void mst_verb_map(struct mst_play *play);
void mst_verb_move(struct mst_play *play);
void mst_verb_read(struct mst_play *play);
void mst_verb_revoke_key(struct mst_play *play);
void mst_verb_revoke_share(struct mst_play *play);
void mst_verb_see_key(struct mst_play *play); /* info */
void mst_verb_share(struct mst_play *play);
void mst_verb_tag(struct mst_play *play);
void mst_verb_unmap(struct mst_play *play);
void mst_verb_update(struct mst_play *play);
void mst_verb_usage(struct mst_play *play);
void mst_verb_write(struct mst_play *play);

#endif
