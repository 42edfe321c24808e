/*
 * keys.h - the clients that a session stands for: whose key its messages come with, and for whom they act. Inside
 * front/ws only.
 *
 * They are watched, so that a session whose key dies learns of it although nobody sends anything.
 */
#ifndef MST_FRONT_WS_KEYS_H
#define MST_FRONT_WS_KEYS_H

#include "front/watch/watch.h"

enum { MST_WS_KEYS = 2 }; /* of whom the key is, and for whom it acts: mostly the same */

struct mst_ws_keys;

struct mst_ws_key {
    struct mst_watcher watcher; /* first */
    struct mst_ws_keys *all;
    int64_t client_id; /* 0 = nobody */
};

struct mst_ws_keys {
    struct mst_ws_key keys[MST_WS_KEYS];
    int64_t lane; /* whose session it is; set before it meets anybody */
    struct mst_watch *watch;
    void (*changed)(void *arg); /* one may have changed, on the loop */
    void *arg;
};

/* Of nobody. watch must outlive it. */
void mst_ws_keys_init(struct mst_ws_keys *keys, struct mst_watch *watch, void (*changed)(void *arg),
                      void *arg);
void mst_ws_keys_fini(struct mst_ws_keys *keys);
/* Of these clients from now on; 0: the one of before stays. MST_EFULL, MST_ENOMEM: not all of them are watched. */
MST_MUST_USE enum mst_err mst_ws_keys_meet(struct mst_ws_keys *keys, int64_t key_id,
                                           int64_t caller_id);

#endif
