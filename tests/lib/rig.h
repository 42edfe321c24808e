/*
 * rig.h - devices at work on the embedded store over a disk that fails (disk.h),
 * and what they must find when it is opened again.
 *
 * Each device is one serial number with one request under way at a time: activate,
 * re-enable or disable, by the real use cases, each a command, all devices at once.
 * Writers of points work beside them, half of them of values that set off a rule, a message and
 * retention, all of which one commit must bring. What was acknowledged is remembered. After a
 * restart each device must stand where the last acknowledgement left it, or where
 * the one request that was never answered (or answered with an error) leads: the
 * key that was given out works, dead ones do not, the log has one entry for each
 * activation. Every deviation is counted and the first few are told.
 */
#ifndef MST_TESTS_LIB_RIG_H
#define MST_TESTS_LIB_RIG_H

#include <pthread.h>

#include "store/sqlite/sqlite.h"
#include "tests/lib/disk.h"
#include "tests/lib/world.h"

enum { MST_RIG_DEVICES = 24, MST_RIG_WRITERS = 4, MST_RIG_DEAD_KEYS = 4, MST_RIG_LOG_MAX = 48 };

enum mst_rig_verb { MST_RIG_ACTIVATE, MST_RIG_ENABLE, MST_RIG_DISABLE, MST_RIG_VERBS };

/* Where a device stands, as far as acknowledgements tell. */
struct mst_rig_stand {
    enum mst_state state;
    char key[MST_TEXT_CHARS]; /* of ACTIVATED */
    int n_log;
    int64_t log[MST_RIG_LOG_MAX]; /* attempts that won, oldest first */
};

struct mst_rig;

struct mst_rig_device {
    struct mst_cmd cmd;
    struct mst_rig *rig;
    char sn[16];
    struct mst_rig_stand stand;
    char dead[MST_RIG_DEAD_KEYS][MST_TEXT_CHARS];
    size_t n_dead;
    bool is_open; /* a request without a good answer */
    enum mst_rig_verb verb;
    struct mst_world_call call;
    char peer[32];
    uint64_t random;
    int n_left;
};

struct mst_rig_writer {
    struct mst_cmd cmd;
    struct mst_rig *rig;
    int64_t dataport_id;
    int64_t n_acked; /* points 1 to n_acked are acknowledged */
    bool is_open;
    int n_left;
};

struct mst_rig {
    struct mst_disk *disk;
    const char *vfs;
    enum mst_sqlite_checkpoint checkpoint; /* both may be changed while the store is closed */
    int checkpoint_frames;
    char dir[64];
    struct mst_world world;
    bool is_made; /* the world stands */
    struct mst_rig_device devices[MST_RIG_DEVICES];
    struct mst_rig_writer writers[MST_RIG_WRITERS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_working;
    bool is_dead; /* the engine wanted to end the process, on this thread */
    pthread_t dead_thread;
    enum mst_err open_err;
    uint64_t n_acked, n_errors, n_violations;
    uint64_t n_worlds;       /* for tests to count by */
    uint64_t n_against_rule; /* checkpoints, of those counted as violations */
    int n_told;
};

void mst_rig_init(struct mst_rig *rig, struct mst_disk *disk, const char *vfs, uint64_t seed);
void mst_rig_fini(struct mst_rig *rig);

/* Opens the store; false: refused, rig->open_err. */
bool mst_rig_open(struct mst_rig *rig);
/* Makes the world in an open, empty store: an owner, a model, devices that may be activated. */
void mst_rig_make(struct mst_rig *rig);
/* Lets every device and writer make so many requests; returns when all have, or gave up. */
void mst_rig_work(struct mst_rig *rig, int n_each);
void mst_rig_close(struct mst_rig *rig);
/* After a reopening: checks everything, then takes what is as what is known. */
void mst_rig_verify(struct mst_rig *rig);
/* The present store and what is known of it are gone: a new disk follows. */
void mst_rig_forget(struct mst_rig *rig);

void mst_rig_violation(struct mst_rig *rig, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
