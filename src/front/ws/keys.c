#include "front/ws/keys.h"

static void woken(struct mst_watcher *watcher)
{
    const struct mst_ws_keys *keys = ((struct mst_ws_key *)watcher)->all;

    keys->changed(keys->arg);
}

void mst_ws_keys_init(struct mst_ws_keys *keys, struct mst_watch *watch, void (*changed)(void *arg),
                      void *arg)
{
    *keys = (struct mst_ws_keys){.watch = watch, .changed = changed, .arg = arg};
    for (size_t i = 0; i < MST_WS_KEYS; i++)
        keys->keys[i] = (struct mst_ws_key){.watcher = {.woken = woken}, .all = keys};
}

void mst_ws_keys_fini(struct mst_ws_keys *keys)
{
    for (size_t i = 0; i < MST_WS_KEYS; i++)
        mst_watch_remove(keys->watch, &keys->keys[i].watcher);
}

static enum mst_err meet(struct mst_ws_key *key, int64_t client_id)
{
    struct mst_watch *watch = key->all->watch;
    enum mst_err err;

    if (client_id == 0 || key->client_id == client_id)
        return MST_OK;
    mst_watch_remove(watch, &key->watcher);
    key->client_id = 0;
    key->watcher.lane = key->all->lane;
    err = mst_watch_add(watch, &key->watcher, MST_WATCHED_CLIENT, client_id);
    if (err == MST_OK)
        key->client_id = client_id;
    return err;
}

enum mst_err mst_ws_keys_meet(struct mst_ws_keys *keys, int64_t key_id, int64_t caller_id)
{
    enum mst_err err = meet(&keys->keys[0], key_id);

    return err == MST_OK ? meet(&keys->keys[1], caller_id) : err;
}
