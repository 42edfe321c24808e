/*
 * health.h - does the server still work?
 *
 * One thread, the main one, looks every now and then; others may ask at any time. Two things are
 * looked at: whether each loop comes round to a task that was posted to it, and whether each committer
 * answers something while changes wait. What stands still for the stall time is a problem.
 */
#ifndef MST_SERVER_HEALTH_H
#define MST_SERVER_HEALTH_H

#include <stdatomic.h>

#include "net/loop.h"
#include "sys/metric.h"

enum mst_phase { MST_STARTING, MST_SERVING, MST_DRAINING };
enum mst_problem {
    MST_PROBLEM_NONE,
    MST_PROBLEM_LOOP,
    MST_PROBLEM_STATE,
    MST_PROBLEM_POINTS,
    MST_PROBLEM_CONTENT,
    MST_PROBLEM_COUNT
};

struct mst_beat {
    struct mst_task task; /* first: the loop hands it back */
    struct mst_loop *loop;
    atomic_bool is_out;
    uint64_t sent_ns;
};

struct mst_health {
    atomic_int phase, problem;
    uint64_t stall_ns;
    struct mst_beat *beats;
    size_t n_beats;
    struct {
        uint64_t n_answered, moved_ns;
    } committers[MST_FILE_LEN];
};

void mst_health_init(struct mst_health *health, uint64_t stall_ms);
void mst_health_fini(struct mst_health *health);
/* Before the loop runs. MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_health_add_loop(struct mst_health *health, struct mst_loop *loop);
void mst_health_set_phase(struct mst_health *health, enum mst_phase phase);
/* Looks, while serving; true if there is no problem. now_ns is monotonic. */
bool mst_health_look(struct mst_health *health, uint64_t now_ns);

/* Any thread. */
bool mst_health_is_ready(const struct mst_health *health);
/* NULL if there is none. */
const char *mst_health_problem(const struct mst_health *health);

#endif
