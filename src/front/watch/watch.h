/*
 * watch.h - being told that a dataport got a value or that a client's key died, without asking the store.
 *
 * One hub for the process hangs on the store (mst_store_observe), one watch for each loop on the hub. A
 * watcher is embedded in what waits, and is told on its loop's thread.
 *
 * Register first, then read: what a transaction does not show that begins after mst_watch_add has
 * returned will be told. What was told may show nothing new: read again, and go on waiting.
 */
#ifndef MST_FRONT_WATCH_WATCH_H
#define MST_FRONT_WATCH_WATCH_H

#include "core/port_store.h"
#include "front/watch/places.h"
#include "net/loop.h"

struct mst_watch_hub;

/* Observes store from now on: before the first command is submitted. */
MST_MUST_USE enum mst_err mst_watch_hub_new(struct mst_store *store,
                                            struct mst_watch_hub **ret_hub);
void mst_watch_hub_free(struct mst_watch_hub *hub); /* after the store was closed; NULL is fine */

enum mst_watched {
    MST_WATCHED_PORT,  /* points of a dataport or datarule, or its description; or it is dropped */
    MST_WATCHED_CLIENT /* a client's key, lock and state, its aliases, its description */
};

struct mst_watch;
struct mst_watch_slot;

struct mst_watcher {
    struct mst_watcher *prev, *next; /* the watch's own */
    struct mst_watch_slot *slot;     /* NULL while it is not added */
    int64_t lane;                    /* whose it is (core/lane.h) while it is added */
    /* Something may have changed since the last call. On the loop, from a task; may add and remove
       watchers, this one too. */
    void (*woken)(struct mst_watcher *watcher);
};

/* On the loop's thread or before it runs; hub and places, which its watchers take, must outlive it. */
MST_MUST_USE enum mst_err mst_watch_new(struct mst_watch_hub *hub, struct mst_loop *loop,
                                        struct mst_places *places, struct mst_watch **ret_watch);
void mst_watch_free(struct mst_watch *watch); /* after the loop ended; no watcher may be left */

/* id is the row number of a resource. woken and lane must be set. MST_EFULL, MST_ENOMEM: as mst_places_take. */
MST_MUST_USE enum mst_err mst_watch_add(struct mst_watch *watch, struct mst_watcher *watcher,
                                        enum mst_watched what, int64_t id);
/* woken is not called any more. Nothing happens if it is not added. */
void mst_watch_remove(struct mst_watch *watch, struct mst_watcher *watcher);

#endif
