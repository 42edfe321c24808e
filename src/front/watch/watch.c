/*
 * The hub is a hash table of slots: a slot says that a loop has watchers of one thing. A committer
 * that has changed a thing finds the slots of it, one for each loop at most, and puts them on their
 * loops' lists; so a thing that thousands watch costs it no more than one that one watches. A loop
 * that had nothing on its list gets its task posted.
 *
 *   shard lock   the chains of slots; taken for a few steps by the committers and by loops that add the
 *                first watcher of a thing or remove the last
 *   watch lock   the list of a loop's slots that were changed. Taken inside a shard lock or alone
 *   no lock      the rings of watchers: the loop's own
 *
 * No wake-up is lost. A committer makes its commit visible, then takes the shard's lock; a loop adds
 * its slot under that lock, then begins to read. Whoever is second has seen what the first did: the
 * committer the slot, or the reader the commit.
 *
 * The task moves the rings of changed slots to one ring and calls WAKES_PER_TURN from it, then lets the
 * connections have their turn. While a watcher waits there it still counts as its slot's, so that the slot
 * stays; a change meanwhile need not be told again, as it will be read when its turn comes.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "front/watch/watch.h"
#include "sys/random.h"

enum { SHARDS = 64, CHAINS = 512, WAKES_PER_TURN = 128 };

struct mst_watch_slot {
    struct mst_watch_slot *next; /* in its chain */
    struct mst_watch *watch;
    enum mst_watched what;
    int64_t id;
    size_t n_watchers;       /* also those that are being woken */
    struct mst_watcher ring; /* head of the others */
    struct mst_watch_slot *prev_changed,
        *next_changed; /* NULL: not on the list; under watch lock */
};

struct shard {
    pthread_mutex_t lock;
    struct mst_watch_slot *chains[CHAINS];
};

struct mst_watch_hub {
    struct mst_observer observer; /* first */
    uint64_t secret;              /* nobody outside can choose ids that share a chain */
    struct shard shards[SHARDS];
};

struct mst_watch {
    struct mst_task task; /* first */
    struct mst_watch_hub *hub;
    struct mst_loop *loop;
    struct mst_places *places;
    struct mst_watcher due; /* head of the ring of those to be woken */
    pthread_mutex_t lock;
    struct mst_watch_slot changed; /* head of the list; under lock */
    bool is_posted;                /* task is; under lock */
};

static void lock(pthread_mutex_t *mutex)
{
    int rc = pthread_mutex_lock(mutex);

    assert(rc == 0);
}

static void unlock(pthread_mutex_t *mutex)
{
    int rc = pthread_mutex_unlock(mutex);

    assert(rc == 0);
}

/* ---- the table ---- */

struct place {
    struct shard *shard;
    struct mst_watch_slot **chain;
};

static struct place place_of(struct mst_watch_hub *hub, enum mst_watched what, int64_t id)
{
    uint64_t key = ((uint64_t)id << 1 | (uint64_t)what) ^ hub->secret;
    struct shard *shard;

    key *= UINT64_C(0x9e3779b97f4a7c15);
    key ^= key >> 32;
    key *= UINT64_C(0xd6e8feb86659fd93);
    key ^= key >> 32;
    shard = &hub->shards[key % SHARDS];
    return (struct place){shard, &shard->chains[key / SHARDS % CHAINS]};
}

static bool is_of(const struct mst_watch_slot *slot, enum mst_watched what, int64_t id)
{
    return slot->id == id && slot->what == what;
}

/* Puts a slot on its loop's list. */
static void mark(struct mst_watch_slot *slot)
{
    struct mst_watch *watch = slot->watch;
    bool is_first;

    lock(&watch->lock);
    is_first = !watch->is_posted;
    watch->is_posted = true;
    if (!slot->next_changed) {
        slot->prev_changed = watch->changed.prev_changed;
        slot->next_changed = &watch->changed;
        slot->prev_changed->next_changed = slot;
        watch->changed.prev_changed = slot;
    }
    unlock(&watch->lock);
    if (is_first)
        mst_loop_post(watch->loop, &watch->task);
}

static void unmark_locked(struct mst_watch_slot *slot)
{
    if (!slot->next_changed)
        return;
    slot->prev_changed->next_changed = slot->next_changed;
    slot->next_changed->prev_changed = slot->prev_changed;
    slot->prev_changed = slot->next_changed = NULL;
}

/* ---- on the committers' threads ---- */

static void tell(struct mst_watch_hub *hub, enum mst_watched what, int64_t id)
{
    struct place place = place_of(hub, what, id);

    lock(&place.shard->lock);
    for (struct mst_watch_slot *slot = *place.chain; slot; slot = slot->next)
        if (is_of(slot, what, id))
            mark(slot);
    unlock(&place.shard->lock);
}

static void tell_all(struct mst_watch_hub *hub, enum mst_watched what)
{
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &hub->shards[i];

        lock(&shard->lock);
        for (size_t c = 0; c < CHAINS; c++)
            for (struct mst_watch_slot *slot = shard->chains[c]; slot; slot = slot->next)
                if (slot->what == what)
                    mark(slot);
        unlock(&shard->lock);
    }
}

/* A row of resource may be a dataport's or a client's. */
static const struct {
    enum mst_table table;
    enum mst_watched what;
} meanings[] = {
    {MST_TABLE_POINT,    MST_WATCHED_PORT  },
    {MST_TABLE_RESOURCE, MST_WATCHED_PORT  },
    {MST_TABLE_RESOURCE, MST_WATCHED_CLIENT},
    {MST_TABLE_CLIENT,   MST_WATCHED_CLIENT},
    {MST_TABLE_ALIAS,    MST_WATCHED_CLIENT},
};

static void changed(struct mst_observer *observer, const struct mst_changed *changes, size_t n)
{
    struct mst_watch_hub *hub = (struct mst_watch_hub *)observer;

    for (size_t i = 0; i < n; i++)
        for (size_t m = 0; m < sizeof meanings / sizeof meanings[0]; m++) {
            if (meanings[m].table != changes[i].table)
                continue;
            if (changes[i].key == MST_CHANGED_ANY)
                tell_all(hub, meanings[m].what);
            else
                tell(hub, meanings[m].what, changes[i].key);
        }
}

enum mst_err mst_watch_hub_new(struct mst_store *store, struct mst_watch_hub **ret_hub)
{
    struct mst_watch_hub *hub = calloc(1, sizeof *hub);

    if (!hub)
        return MST_ENOMEM;
    hub->observer.changed = changed;
    for (size_t m = 0; m < sizeof meanings / sizeof meanings[0]; m++)
        hub->observer.tables |= UINT64_C(1) << meanings[m].table;
    hub->secret = mst_random_u64();
    for (size_t i = 0; i < SHARDS; i++)
        (void)pthread_mutex_init(&hub->shards[i].lock, NULL);
    mst_store_observe(store, &hub->observer);
    *ret_hub = hub;
    return MST_OK;
}

void mst_watch_hub_free(struct mst_watch_hub *hub)
{
    if (!hub)
        return;
    for (size_t i = 0; i < SHARDS; i++)
        (void)pthread_mutex_destroy(&hub->shards[i].lock);
    free(hub);
}

/* ---- waking, on the loop's thread ---- */

static void unlink_watcher(struct mst_watcher *watcher)
{
    watcher->prev->next = watcher->next;
    watcher->next->prev = watcher->prev;
}

static void link_watcher(struct mst_watcher *head, struct mst_watcher *watcher)
{
    watcher->prev = head->prev;
    watcher->next = head;
    head->prev->next = watcher;
    head->prev = watcher;
}

static void move_ring(struct mst_watcher *from, struct mst_watcher *to)
{
    if (from->next == from)
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    from->prev = from->next = from;
}

static void take_changed(struct mst_watch *watch)
{
    lock(&watch->lock);
    watch->is_posted = false;
    while (watch->changed.next_changed != &watch->changed) {
        struct mst_watch_slot *slot = watch->changed.next_changed;

        unmark_locked(slot);
        move_ring(&slot->ring, &watch->due);
    }
    unlock(&watch->lock);
}

/* The rest has to wait for its turn. */
static void post_again(struct mst_watch *watch)
{
    bool was_posted;

    lock(&watch->lock);
    was_posted = watch->is_posted;
    watch->is_posted = true;
    unlock(&watch->lock);
    if (!was_posted)
        mst_loop_post(watch->loop, &watch->task);
}

static void wake(struct mst_task *task)
{
    struct mst_watch *watch = (struct mst_watch *)task;

    take_changed(watch);
    for (int i = 0; i < WAKES_PER_TURN && watch->due.next != &watch->due; i++) {
        struct mst_watcher *watcher = watch->due.next;

        unlink_watcher(watcher);
        link_watcher(&watcher->slot->ring, watcher);
        watcher->woken(watcher);
    }
    if (watch->due.next != &watch->due)
        post_again(watch);
}

/* ---- adding and removing ---- */

enum mst_err mst_watch_new(struct mst_watch_hub *hub, struct mst_loop *loop,
                           struct mst_places *places, struct mst_watch **ret_watch)
{
    struct mst_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return MST_ENOMEM;
    watch->task.run = wake;
    watch->hub = hub;
    watch->loop = loop;
    watch->places = places;
    watch->due.prev = watch->due.next = &watch->due;
    watch->changed.prev_changed = watch->changed.next_changed = &watch->changed;
    (void)pthread_mutex_init(&watch->lock, NULL);
    *ret_watch = watch;
    return MST_OK;
}

void mst_watch_free(struct mst_watch *watch)
{
    if (!watch)
        return;
    assert(watch->due.next == &watch->due);
    assert(watch->changed.next_changed == &watch->changed);
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static struct mst_watch_slot *find_slot(const struct mst_watch *watch, const struct place *place,
                                        enum mst_watched what, int64_t id)
{
    struct mst_watch_slot *slot;

    lock(&place->shard->lock);
    slot = *place->chain;
    while (slot && !(slot->watch == watch && is_of(slot, what, id)))
        slot = slot->next;
    unlock(&place->shard->lock);
    return slot;
}

/* Only this loop adds and removes its slots. */
static struct mst_watch_slot *get_slot(struct mst_watch *watch, enum mst_watched what, int64_t id)
{
    struct place place = place_of(watch->hub, what, id);
    struct mst_watch_slot *slot = find_slot(watch, &place, what, id);

    if (slot)
        return slot;
    slot = calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->watch = watch;
    slot->what = what;
    slot->id = id;
    slot->ring.prev = slot->ring.next = &slot->ring;
    lock(&place.shard->lock);
    slot->next = *place.chain;
    *place.chain = slot;
    unlock(&place.shard->lock);
    return slot;
}

static void free_slot(struct mst_watch *watch, struct mst_watch_slot *slot)
{
    struct place place = place_of(watch->hub, slot->what, slot->id);
    struct mst_watch_slot **link = place.chain;

    lock(&place.shard->lock);
    while (*link != slot)
        link = &(*link)->next;
    *link = slot->next;
    unlock(&place.shard->lock);
    lock(&watch->lock); /* no committer can find it any more */
    unmark_locked(slot);
    unlock(&watch->lock);
    free(slot);
}

enum mst_err mst_watch_add(struct mst_watch *watch, struct mst_watcher *watcher,
                           enum mst_watched what, int64_t id)
{
    struct mst_watch_slot *slot;
    enum mst_err err;

    assert(!watcher->slot && watcher->woken);
    err = mst_places_take(watch->places, watcher->lane);
    if (err != MST_OK)
        return err;
    slot = get_slot(watch, what, id);
    if (!slot) {
        mst_places_give(watch->places, watcher->lane);
        return MST_ENOMEM;
    }
    slot->n_watchers++;
    watcher->slot = slot;
    link_watcher(&slot->ring, watcher);
    return MST_OK;
}

void mst_watch_remove(struct mst_watch *watch, struct mst_watcher *watcher)
{
    struct mst_watch_slot *slot = watcher->slot;

    if (!slot)
        return;
    unlink_watcher(watcher);
    watcher->slot = NULL;
    mst_places_give(watch->places, watcher->lane);
    if (--slot->n_watchers == 0)
        free_slot(watch, slot);
}
