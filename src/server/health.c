#include <stdlib.h>

#include "server/health.h"

void mst_health_init(struct mst_health *health, uint64_t stall_ms)
{
    *health = (struct mst_health){.stall_ns = stall_ms * 1000000u};
    mst_metric_set(MST_M_READY, 0, 0);
    mst_metric_set(MST_M_HEALTHY, 0, 1);
}

void mst_health_fini(struct mst_health *health)
{
    free(health->beats);
    health->beats = NULL;
    health->n_beats = 0;
}

static void came_round(struct mst_task *task)
{
    atomic_store(&((struct mst_beat *)task)->is_out, false);
}

enum mst_err mst_health_add_loop(struct mst_health *health, struct mst_loop *loop)
{
    size_t n = health->n_beats;
    struct mst_beat *beats = realloc(health->beats, (n + 1) * sizeof *beats);

    if (!beats)
        return MST_ENOMEM;
    health->beats = beats;
    beats[n] = (struct mst_beat){.task = {.run = came_round}, .loop = loop};
    health->n_beats = n + 1;
    return MST_OK;
}

void mst_health_set_phase(struct mst_health *health, enum mst_phase phase)
{
    atomic_store(&health->phase, (int)phase);
    mst_metric_set(MST_M_READY, 0, mst_health_is_ready(health));
}

static bool is_loop_stuck(const struct mst_health *health, struct mst_beat *beat, uint64_t now_ns)
{
    if (atomic_load(&beat->is_out))
        return now_ns - beat->sent_ns > health->stall_ns;
    beat->sent_ns = now_ns;
    atomic_store(&beat->is_out, true);
    mst_loop_post(beat->loop, &beat->task);
    return false;
}

static bool is_committer_stuck(struct mst_health *health, unsigned file, uint64_t now_ns)
{
    uint64_t n_answered = mst_metric_sum(MST_M_COMMANDS, file);
    bool is_idle = (int64_t)mst_metric_sum(MST_M_QUEUE, file) <= 0;

    if (is_idle || n_answered != health->committers[file].n_answered ||
        health->committers[file].moved_ns == 0) {
        health->committers[file].n_answered = n_answered;
        health->committers[file].moved_ns = now_ns;
        return false;
    }
    return now_ns - health->committers[file].moved_ns > health->stall_ns;
}

bool mst_health_look(struct mst_health *health, uint64_t now_ns)
{
    static const enum mst_problem problems[MST_FILE_LEN] = {
        [MST_FILE_LABEL_STATE] = MST_PROBLEM_STATE,
        [MST_FILE_LABEL_POINTS] = MST_PROBLEM_POINTS,
        [MST_FILE_LABEL_CONTENT] = MST_PROBLEM_CONTENT,
    };
    enum mst_problem problem = MST_PROBLEM_NONE;

    if (atomic_load(&health->phase) != MST_SERVING)
        return mst_health_problem(health) == NULL;
    for (unsigned file = MST_FILE_LEN; file-- > 0;)
        if (is_committer_stuck(health, file, now_ns))
            problem = problems[file];
    for (size_t i = 0; i < health->n_beats; i++)
        if (is_loop_stuck(health, &health->beats[i], now_ns))
            problem = MST_PROBLEM_LOOP;
    atomic_store(&health->problem, (int)problem);
    mst_metric_set(MST_M_HEALTHY, 0, problem == MST_PROBLEM_NONE);
    mst_metric_set(MST_M_READY, 0, mst_health_is_ready(health));
    return problem == MST_PROBLEM_NONE;
}

bool mst_health_is_ready(const struct mst_health *health)
{
    return atomic_load(&health->phase) == MST_SERVING && !mst_health_problem(health);
}

const char *mst_health_problem(const struct mst_health *health)
{
    static const char *const words[MST_PROBLEM_COUNT] = {
        [MST_PROBLEM_LOOP] = "a thread that serves connections does not come round",
        [MST_PROBLEM_STATE] = "changes wait for muster.db, and none is answered",
        [MST_PROBLEM_POINTS] = "values wait for points.db, and none is answered",
        [MST_PROBLEM_CONTENT] = "uploads wait for content.db, and none is answered",
    };

    return words[atomic_load(&health->problem)];
}
