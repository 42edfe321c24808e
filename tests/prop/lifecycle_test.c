/*
 * Random programs of events against a deliberately naive model.
 *
 * A program is a list of steps drawn from a seed: serial numbers of two models
 * are added, singly or by a range, enabled, remapped, activated and so on, by their vendor or by another one
 * that borrows the model, while time passes, commits end in an unknown outcome and are run again. Each step runs on the real core over a
 * store and on the model below, which knows nothing of rows, epochs or handles: it keeps
 * a list of devices, the texts of their keys and the log lines, and says what
 * protocol.md 1.5 says. After each step the two must agree: on the verdict, on
 * every status word and RID, on which keys work, on the logs, and on the invariants I1 to I8 of
 * design.md as far as the core carries them.
 *
 * PROGRAMS=n sets how many run (100,000), SEED=n where they begin; a program that
 * fails is cut down and printed with the number that makes it again. The same
 * comparison must find each of the defects seeded into the core: the negative controls.
 */
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model.h"
#include "core/vendor.h"
#include "store/sqlite/sqlite.h"
#include "tests/lib/chance.h"
#include "tests/lib/world.h"

enum {
    N_MODELS = 2,
    N_SNS = 4,
    N_IN_RANGE = 2, /* the first of them */
    N_PORTALS = 3,  /* the last one is the borrower's */
    LENT_PORTAL = 2,
    STEPS_MAX = 28,
    STEPS_MIN = 10,
    DEVICES_MAX = STEPS_MAX,
    KEYS_MAX = 3 * STEPS_MAX,
    LOG_MAX = 2 * STEPS_MAX,
    WINDOW_A = 86400,
    WINDOW_B = 60,
    WORLD_PROGRAMS = 500 /* programs that share one world */
};

/* ---- programs ---- */

enum op {
    ADD,
    ADD_RANGE,
    REMOVE_RANGE,
    ENABLE_OWNER,
    ENABLE,
    DISABLE,
    REMAP,
    REMOVE,
    DROP,
    REVOKE,
    RPC_ACTIVATE,
    RPC_DEACTIVATE,
    LOCK,
    UNLOCK,
    ACTIVATE,
    RETRY, /* the last activation's command once more, late */
    PASS_TIME,
    DELETE_MODEL,
    ADD_MODEL,
    LEND,
    TAKE_BACK,
    N_OPS
};

static const struct {
    const char *name;
    unsigned weight;
} ops[N_OPS] = {
    [ADD] = {"add",               14},
    [ADD_RANGE] = {"add range",         3 },
    [REMOVE_RANGE] = {"remove range",      2 },
    [ENABLE_OWNER] = {"enable with owner", 12},
    [ENABLE] = {"enable",            10},
    [DISABLE] = {"disable",           5 },
    [REMAP] = {"remap",             6 },
    [REMOVE] = {"remove",            3 },
    [DROP] = {"drop",              4 },
    [REVOKE] = {"revoke",            4 },
    [RPC_ACTIVATE] = {"rpc activate",      4 },
    [RPC_DEACTIVATE] = {"rpc deactivate",    3 },
    [LOCK] = {"lock",              3 },
    [UNLOCK] = {"unlock",            3 },
    [ACTIVATE] = {"activate",          26},
    [RETRY] = {"retry",             4 },
    [PASS_TIME] = {"time passes",       10},
    [DELETE_MODEL] = {"delete model",      1 },
    [ADD_MODEL] = {"add model",         2 },
    [LEND] = {"lend",              6 },
    [TAKE_BACK] = {"take back",         2 },
};

struct step {
    enum op op;
    unsigned model, sn, other, portal; /* other: a serial number, a device, a way of waiting */
    unsigned variant;
    bool is_borrower; /* the other vendor acts */
    enum mst_world_fault fault;
    int64_t attempt;
};

struct program {
    uint64_t number;
    size_t n_steps;
    struct step steps[STEPS_MAX];
};

static unsigned pick(uint64_t *state, unsigned n)
{
    return (unsigned)mst_chance_below(state, n);
}

static enum op pick_op(uint64_t *state)
{
    static unsigned total;
    unsigned at;

    for (int i = 0; total == 0 || (i > 0 && i < N_OPS); i++)
        total += ops[i].weight;
    at = pick(state, total);
    for (int i = 0; i < N_OPS; i++) {
        if (at < ops[i].weight)
            return (enum op)i;
        at -= ops[i].weight;
    }
    return ACTIVATE;
}

/* Most programs begin with the first steps of a device's life, so that the rest has something to do. */
static const struct {
    enum op op;
    unsigned sn;
} beginning[] = {
    {ADD,          0},
    {ENABLE_OWNER, 0},
    {LEND,         0},
    {ADD,          1},
    {ADD,          2},
    {ENABLE_OWNER, 2},
    {ADD,          3}
};

enum { N_BEGINNING = sizeof beginning / sizeof beginning[0] };

static void make_step(uint64_t *state, struct step *step)
{
    step->op = pick_op(state);
    step->sn = pick(state, 2) ? 0 : pick(state, N_SNS);
    step->model = pick(state, 12) ? step->sn / 2 : pick(state, N_MODELS);
    step->other = pick(state, 1000);
    step->portal = pick(state, N_PORTALS);
    step->variant = pick(state, 8);
    step->is_borrower = pick(state, 3) == 0 && (step->op == ENABLE_OWNER || step->op == ENABLE ||
                                                step->op == DISABLE || step->op == REMAP);
    if (step->op == ENABLE_OWNER && step->variant < 7) /* else perhaps one that is not theirs */
        step->portal = step->is_borrower ? LENT_PORTAL : step->portal % LENT_PORTAL;
    step->fault = pick(state, 6) ? MST_WORLD_SOUND : (enum mst_world_fault)(1 + pick(state, 2));
    step->attempt = mst_world_attempt();
}

static void make_program(uint64_t number, struct program *ret_program)
{
    uint64_t state = number * UINT64_C(0xd1342543de82ef95) + 1;
    struct program program = {.number = number};
    size_t n_begun = pick(&state, 8) ? pick(&state, N_BEGINNING + 1) : 0;

    program.n_steps = STEPS_MIN + pick(&state, STEPS_MAX - STEPS_MIN + 1);
    for (size_t i = 0; i < program.n_steps; i++) {
        make_step(&state, &program.steps[i]);
        if (i < n_begun) {
            program.steps[i].op = beginning[i].op;
            program.steps[i].is_borrower = false;
            program.steps[i].portal %= LENT_PORTAL;
            program.steps[i].sn = beginning[i].sn;
            program.steps[i].model = beginning[i].sn / 2;
        }
    }
    *ret_program = program;
}

/* ---- the naive model ---- */

enum word { PENDING, ACTIVATED, DISABLED };

struct device {
    bool is_there;
    char rid[MST_TEXT_CHARS];
    char key[MST_TEXT_CHARS]; /* the one that counts now */
    unsigned portal;
    enum word word;
    int64_t enabled_at, window;
    bool is_locked;
    int64_t made_by, activated_by; /* attempts */
    bool is_bound;
    unsigned model, sn;
    int n_given; /* different activations since the key was made */
};

struct slot {
    bool is_listed;
    bool is_in_range;
    bool is_lent; /* the borrower enabled the client that it has or had */
    int device;   /* -1: none; may be one that is not there any more */
    int n_log;
    int log[LOG_MAX]; /* numbers of the steps that activated */
};

struct naive {
    int64_t now;
    bool has_model[N_MODELS], is_lent[N_MODELS];
    struct slot slots[N_MODELS][N_SNS];
    struct device devices[DEVICES_MAX];
    int n_devices;
    struct {
        char text[MST_TEXT_CHARS];
        int device;
    } keys[KEYS_MAX]; /* all there ever were */
    int n_keys;
    struct step last_activation;
    int last_activation_step;
    bool has_last;
};

static struct slot *slot_of(struct naive *naive, unsigned model, unsigned sn)
{
    return &naive->slots[model][sn];
}

static int64_t window_of(unsigned model)
{
    return model == 0 ? WINDOW_A : WINDOW_B;
}

static struct device *live_device(struct naive *naive, const struct slot *slot)
{
    return slot->device >= 0 && naive->devices[slot->device].is_there
               ? &naive->devices[slot->device]
               : NULL;
}

static bool is_orphan(struct naive *naive, const struct slot *slot)
{
    return slot->device >= 0 && !naive->devices[slot->device].is_there;
}

static bool is_too_late(const struct naive *naive, const struct device *device)
{
    return device->word == PENDING && naive->now - device->enabled_at >= device->window;
}

/* That of the key: a lock does not show here. */
static const char *status_of(const struct naive *naive, const struct device *device)
{
    if (device->word == ACTIVATED)
        return "activated";
    return device->word == PENDING && !is_too_late(naive, device) ? "notactivated" : "expired";
}

static void renew(struct naive *naive, struct device *device, int64_t attempt, int64_t window)
{
    device->key[0] = '\0';
    device->word = PENDING;
    device->enabled_at = naive->now;
    device->window = window;
    device->made_by = attempt;
    device->activated_by = 0;
    device->n_given = 0;
}

static bool is_known(const struct slot *slot)
{
    return slot->is_listed || slot->is_in_range;
}

/* A borrower sees what it enabled (2.9). */
static bool is_seen(const struct slot *slot, const struct step *step)
{
    return is_known(slot) && (!step->is_borrower || slot->is_lent);
}

/* And can enable what has no device. */
static bool is_enabled_by(struct naive *naive, const struct slot *slot, const struct step *step)
{
    return is_known(slot) && (is_seen(slot, step) || !live_device(naive, slot));
}

static bool is_listed_anywhere(struct naive *naive, unsigned sn)
{
    for (unsigned model = 0; model < N_MODELS; model++)
        if (slot_of(naive, model, sn)->is_listed)
            return true;
    return false;
}

static enum mst_verdict think_add(struct naive *naive, const struct step *step)
{
    struct slot *slot = slot_of(naive, step->model, step->sn);

    if (is_listed_anywhere(naive, step->sn))
        return MST_EXISTS;
    slot->is_listed = true;
    return MST_DONE;
}

static enum mst_verdict think_add_range(struct naive *naive, const struct step *step)
{
    if (slot_of(naive, step->model, 0)->is_in_range)
        return MST_OVERLAPS;
    for (unsigned sn = 0; sn < N_IN_RANGE; sn++)
        slot_of(naive, step->model, sn)->is_in_range = true;
    return MST_DONE;
}

static enum mst_verdict think_remove_range(struct naive *naive, const struct step *step)
{
    for (unsigned sn = 0; sn < N_IN_RANGE; sn++)
        slot_of(naive, step->model, sn)->is_in_range = false;
    return MST_DONE;
}

/* One that only a range covers becomes a listed one, if no other model lists it. */
static bool is_realized(struct naive *naive, struct slot *slot, unsigned sn)
{
    if (!slot->is_listed && is_listed_anywhere(naive, sn))
        return false;
    slot->is_listed = true;
    return true;
}

static enum mst_verdict think_enable_owner(struct naive *naive, const struct step *step)
{
    struct slot *slot = slot_of(naive, step->model, step->sn);
    struct device *device = live_device(naive, slot);

    if (!is_enabled_by(naive, slot, step))
        return MST_NO_SERIAL;
    if (device && device->made_by == step->attempt)
        return MST_DONE;
    if (step->is_borrower != (step->portal == LENT_PORTAL))
        return MST_NO_OWNER;
    if (device)
        return MST_HAS_CLIENT;
    if (!is_realized(naive, slot, step->sn))
        return MST_EXISTS;
    device = &naive->devices[naive->n_devices];
    *device = (struct device){.is_there = true,
                              .portal = step->portal,
                              .is_bound = true,
                              .model = step->model,
                              .sn = step->sn};
    slot->device = naive->n_devices++;
    slot->is_lent = step->is_borrower;
    renew(naive, device, step->attempt, window_of(step->model));
    return MST_DONE;
}

static enum mst_verdict think_enable(struct naive *naive, const struct step *step)
{
    struct slot *slot = slot_of(naive, step->model, step->sn);
    struct device *device = live_device(naive, slot);

    if (!is_seen(slot, step))
        return MST_NO_SERIAL;
    if (!device)
        return slot->device < 0 ? MST_HAS_NO_CLIENT : MST_ORPHANED;
    if (device->made_by != step->attempt)
        renew(naive, device, step->attempt, window_of(step->model));
    return MST_DONE;
}

static enum mst_verdict think_disable(struct naive *naive, const struct step *step)
{
    struct slot *slot = slot_of(naive, step->model, step->sn);
    struct device *device = live_device(naive, slot);

    if (!is_seen(slot, step))
        return MST_NO_SERIAL;
    if (!device)
        return slot->device < 0 ? MST_HAS_NO_CLIENT : MST_ORPHANED;
    device->word = DISABLED;
    return MST_DONE;
}

/* The serial number that a remap takes the client from: mostly the neighbour of the same model. */
static unsigned old_sn(const struct step *step)
{
    return step->variant < 6 ? step->sn ^ 1u : step->other % N_SNS;
}

static enum mst_verdict think_remap(struct naive *naive, const struct step *step)
{
    struct slot *new = slot_of(naive, step->model, step->sn);
    struct slot *old = slot_of(naive, step->model, old_sn(step));
    struct device *device = live_device(naive, old), *taken = live_device(naive, new);

    if (taken && taken->made_by == step->attempt && is_enabled_by(naive, new, step))
        return MST_DONE;
    if (!is_enabled_by(naive, new, step) || !is_seen(old, step))
        return MST_NO_SERIAL;
    if (taken)
        return MST_HAS_CLIENT;
    if (!device)
        return old->device < 0 ? MST_HAS_NO_CLIENT : MST_ORPHANED;
    if (!is_realized(naive, new, step->sn))
        return MST_EXISTS;
    new->device = old->device;
    new->is_lent = old->is_lent;
    old->device = -1;
    old->is_lent = false;
    device->sn = step->sn;
    renew(naive, device, step->attempt, window_of(step->model));
    return MST_DONE;
}

static void forget(struct naive *naive, struct slot *slot)
{
    if (live_device(naive, slot))
        live_device(naive, slot)->is_bound = false;
    *slot = (struct slot){.is_in_range = slot->is_in_range, .device = -1};
}

static enum mst_verdict think_remove(struct naive *naive, const struct step *step)
{
    struct slot *slot = slot_of(naive, step->model, step->sn);

    if (!is_known(slot))
        return MST_NO_SERIAL;
    forget(naive, slot);
    return MST_DONE;
}

static enum mst_verdict think_activate(struct naive *naive, const struct step *step, int number)
{
    struct slot *slot = slot_of(naive, step->model, step->sn);
    struct device *device = live_device(naive, slot);

    if (!is_known(slot))
        return MST_NO_SERIAL;
    if (!device)
        return slot->device < 0 ? MST_NOT_ADDED : MST_ORPHANED;
    if (device->word == ACTIVATED)
        return device->activated_by == step->attempt ? MST_DONE
                                                     : MST_SECOND_CALLER; /* no peer calls twice */
    if (device->word == DISABLED)
        return MST_DISABLED;
    if (is_too_late(naive, device))
        return MST_EXPIRED;
    if (device->is_locked)
        return MST_LOCKED;
    device->word = ACTIVATED;
    device->activated_by = step->attempt;
    device->n_given++;
    slot->log[slot->n_log++] = number;
    return MST_DONE;
}

/* The device that a step on a client means, or NULL if there never was one. */
static struct device *device_of(struct naive *naive, const struct step *step)
{
    return naive->n_devices ? &naive->devices[step->other % (unsigned)naive->n_devices] : NULL;
}

/* Its owner asks, or in one of eight cases another portal. */
static unsigned caller_of(const struct device *device, const struct step *step)
{
    return step->variant == 7 ? (device->portal + 1) % N_PORTALS : device->portal;
}

static enum mst_verdict think_drop(struct naive *naive, const struct step *step)
{
    struct device *device = device_of(naive, step);

    if (!device->is_there)
        return MST_NOT_FOUND;
    if (caller_of(device, step) != device->portal)
        return MST_RESTRICTED;
    device->is_there = false;
    return MST_DONE;
}

static enum mst_verdict think_lock(struct naive *naive, const struct step *step)
{
    struct device *device = device_of(naive, step);

    if (!device->is_there)
        return MST_NOT_FOUND;
    if (caller_of(device, step) != device->portal)
        return MST_RESTRICTED;
    device->is_locked = step->op == LOCK;
    return MST_DONE;
}

/* Which key the owner shows: in one of four cases the device's first one, which may be dead. */
static int first_key_of(const struct naive *naive, int device)
{
    for (int i = 0; i < naive->n_keys; i++) {
        if (naive->keys[i].device == device)
            return i;
    }
    abort();
}

static bool names_by_rid(const struct step *step)
{
    return step->op == RPC_DEACTIVATE && step->variant == 0;
}

static const char *shown_key(const struct naive *naive, const struct step *step)
{
    int at = (int)(step->other % (unsigned)naive->n_devices);
    const struct device *device = &naive->devices[at];

    if (names_by_rid(step))
        return device->rid;
    return step->variant < 2 ? naive->keys[first_key_of(naive, at)].text : device->key;
}

static enum mst_verdict think_key_event(struct naive *naive, const struct step *step,
                                        const char *shown, int number)
{
    struct device *device = device_of(naive, step);
    bool is_mine = caller_of(device, step) == device->portal;

    if (!device->is_there)
        return MST_NOT_FOUND;
    if (step->op == REVOKE && device->made_by == step->attempt)
        return is_mine ? MST_DONE : MST_NOT_OWNED;
    if (!names_by_rid(step) && strcmp(shown, device->key) != 0)
        return MST_NOT_FOUND;
    if (!is_mine)
        return MST_NOT_OWNED;
    if (step->op == RPC_DEACTIVATE) {
        device->word = DISABLED;
        return MST_DONE;
    }
    if (step->op == REVOKE) {
        bool was_disabled = device->word == DISABLED;
        renew(naive, device, step->attempt, device->is_bound ? window_of(device->model) : WINDOW_A);
        if (was_disabled)
            device->word = DISABLED;
        return MST_DONE;
    }
    if (device->word == ACTIVATED && device->activated_by == step->attempt)
        return MST_DONE;
    if (device->word != PENDING || is_too_late(naive, device))
        return MST_BAD_VALUE;
    device->word = ACTIVATED;
    device->activated_by = step->attempt;
    if (device->is_bound) {
        struct slot *slot = slot_of(naive, device->model, device->sn);
        slot->log[slot->n_log++] = number;
    }
    return MST_DONE;
}

static enum mst_verdict think_delete_model(struct naive *naive, const struct step *step)
{
    for (unsigned sn = 0; sn < N_SNS; sn++)
        forget(naive, slot_of(naive, step->model, sn));
    (void)think_remove_range(naive, step);
    naive->has_model[step->model] = naive->is_lent[step->model] = false;
    return MST_DONE;
}

static bool is_on_device(enum op op)
{
    return op == DROP || op == LOCK || op == UNLOCK || op == REVOKE || op == RPC_ACTIVATE ||
           op == RPC_DEACTIVATE;
}

static bool is_on_model(enum op op)
{
    return !is_on_device(op) && op != PASS_TIME && op != ADD_MODEL;
}

static enum mst_verdict think_take_back(struct naive *naive, const struct step *step)
{
    if (!naive->is_lent[step->model])
        return MST_NOT_FOUND;
    naive->is_lent[step->model] = false;
    return MST_DONE;
}

static enum mst_verdict think(struct naive *naive, const struct step *step, const char *shown,
                              int number)
{
    if (step->is_borrower && !naive->is_lent[step->model])
        return MST_NO_SHARE;
    if (is_on_model(step->op) && !naive->has_model[step->model])
        return MST_NO_MODEL;
    switch (step->op) {
    case ADD:
        return think_add(naive, step);
    case ADD_RANGE:
        return think_add_range(naive, step);
    case REMOVE_RANGE:
        return think_remove_range(naive, step);
    case ENABLE_OWNER:
        return think_enable_owner(naive, step);
    case ENABLE:
        return think_enable(naive, step);
    case DISABLE:
        return think_disable(naive, step);
    case REMAP:
        return think_remap(naive, step);
    case REMOVE:
        return think_remove(naive, step);
    case DROP:
        return think_drop(naive, step);
    case LOCK:
    case UNLOCK:
        return think_lock(naive, step);
    case REVOKE:
    case RPC_ACTIVATE:
    case RPC_DEACTIVATE:
        return think_key_event(naive, step, shown, number);
    case ACTIVATE:
    case RETRY:
        return think_activate(naive, step, number);
    case DELETE_MODEL:
        return think_delete_model(naive, step);
    case ADD_MODEL:
        if (naive->has_model[step->model])
            return MST_EXISTS;
        naive->has_model[step->model] = true;
        return MST_DONE;
    case LEND:
        naive->is_lent[step->model] = true;
        return MST_DONE;
    case TAKE_BACK:
        return think_take_back(naive, step);
    case PASS_TIME:
    case N_OPS:
        break;
    }
    return MST_DONE;
}

/* ---- the real thing ---- */

struct run {
    struct mst_world *world;
    bool has_faults;
    struct naive naive;
    char models[N_MODELS][32];
    char why[256]; /* "" as long as both agree */
    size_t at;     /* the step that failed */
};

static const char *const sns[N_SNS] = {"0001", "0002", "a b+c", "z"};

__attribute__((format(printf, 2, 3))) static void differ(struct run *run, const char *fmt, ...)
{
    va_list args;

    if (run->why[0])
        return;
    va_start(args, fmt);
    (void)vsnprintf(run->why, sizeof run->why, fmt, args);
    va_end(args);
}

static mst_world_verb *const verbs[N_OPS] = {
    [ADD] = mst_do_add,
    [ADD_RANGE] = mst_do_add_ranges,
    [REMOVE_RANGE] = mst_do_remove_ranges,
    [ENABLE_OWNER] = mst_do_enable_owner,
    [ENABLE] = mst_do_enable,
    [DISABLE] = mst_do_disable,
    [REMAP] = mst_do_remap,
    [REMOVE] = mst_do_remove,
    [DROP] = mst_do_drop,
    [REVOKE] = mst_do_key_event,
    [RPC_ACTIVATE] = mst_do_key_event,
    [RPC_DEACTIVATE] = mst_do_key_event,
    [LOCK] = mst_do_lock,
    [UNLOCK] = mst_do_lock,
    [ACTIVATE] = mst_do_activate,
    [RETRY] = mst_do_activate,
    [DELETE_MODEL] = mst_do_delete_model,
    [ADD_MODEL] = mst_do_add_model,
    [LEND] = mst_do_lend,
    [TAKE_BACK] = mst_do_take_back,
};

/* ---- the borrower ---- */

#define BORROWER "umbrella"

static struct mst_world_vendor borrower;

static void open_world(struct mst_world *world, uint64_t seed, struct mst_store *store)
{
    mst_world_open(world, seed, store);
    mst_world_add_vendor(world, BORROWER, &borrower);
}

/* How many serial numbers of a model the borrower enabled, by its own list. */
static enum mst_err count_row(void *arg, const struct mst_serial_view *view)
{
    struct mst_world_call *call = arg;

    call->id += view->extra.len == 0;
    return MST_OK;
}

static enum mst_err count_lent(struct mst_world *world, struct mst_tx *tx,
                               struct mst_world_call *call)
{
    struct mst_serial_page page = {.borrower = NULL};
    struct mst_row_vendor lender, vendor = {0};
    struct mst_row_model model;
    enum mst_err err = mst_vendor_get(tx, mst_span_str(BORROWER), &call->verdict, &vendor);

    call->id = 0;
    if (err == MST_OK && call->verdict == MST_DONE)
        err = mst_vendor_get(tx, MST_LIT("acme"), &call->verdict, &lender);
    if (err == MST_OK && call->verdict == MST_DONE)
        err = mst_model_get(tx, lender.id, mst_span_str(call->model), &call->verdict, &model);
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    page.lent_to = vendor.id;
    return mst_serial_list(&world->domain, tx, &model, &page, count_row, call);
}

static int64_t portal_id(const struct run *run, unsigned portal)
{
    return portal == LENT_PORTAL ? borrower.portal_id
           : portal == 0         ? run->world->portal_id
                                 : run->world->portal2_id;
}

/* Covers the first N_IN_RANGE of sns. */
static const struct mst_sn_range range = {
    {MST_SN_BASE10, MST_SN_EITHER, 4},
    1, N_IN_RANGE
};

static void set_call(struct run *run, const struct step *step, const char *shown, int number,
                     struct mst_world_call *call)
{
    static char peer[16];
    struct device *device = is_on_device(step->op) ? device_of(&run->naive, step) : NULL;

    (void)snprintf(peer, sizeof peer, "%d", number);
    *call = (struct mst_world_call){.model = run->models[step->model],
                                    .sn = sns[step->sn],
                                    .other_sn = sns[old_sn(step)],
                                    .attempt = step->attempt,
                                    .peer = peer,
                                    .ranges = &range,
                                    .n_ranges = 1,
                                    .name = BORROWER,
                                    .borrower = step->is_borrower ? BORROWER : NULL,
                                    .is_locked = step->op == LOCK};
    if (step->op == ENABLE_OWNER)
        call->rid = step->portal == LENT_PORTAL ? borrower.portal_rid
                    : step->portal == 0         ? run->world->portal_rid
                                                : run->world->portal2_rid;
    if (device) {
        call->rid = device->rid;
        call->key = shown;
        call->caller_id = portal_id(run, caller_of(device, step));
        call->event = step->op == REVOKE         ? MST_ON_REVOKE
                      : step->op == RPC_ACTIVATE ? MST_ON_RPC_ACTIVATE
                                                 : MST_ON_RPC_DEACTIVATE;
    }
}

/* ---- comparing ---- */

static void compare_slot(struct run *run, unsigned model, unsigned sn)
{
    struct mst_world_call call = {.model = run->models[model], .sn = sns[sn]};
    struct slot *slot = slot_of(&run->naive, model, sn);
    const struct device *device = live_device(&run->naive, slot);
    enum mst_verdict standing = device                         ? MST_DONE
                                : is_orphan(&run->naive, slot) ? MST_ORPHANED
                                                               : MST_HAS_NO_CLIENT;
    enum mst_verdict known = is_known(slot) ? MST_DONE : MST_NO_SERIAL;

    if (!run->naive.has_model[model])
        known = MST_NO_MODEL;
    if (mst_world_run(run->world, mst_do_view, &call) != known)
        differ(run, "%s is seen as %d, should be %d", sns[sn], call.verdict, known);
    if (known != MST_DONE || run->why[0])
        return;
    if (call.view.standing != standing)
        differ(run, "%s stands at %d, should be %d", sns[sn], call.view.standing, standing);
    if (strcmp(call.status, device ? status_of(&run->naive, device) : "") != 0)
        differ(run, "%s has the status %s", sns[sn], call.status);
    if (device && strcmp(call.view_rid, device->rid) != 0)
        differ(run, "%s has another RID", sns[sn]);
    (void)mst_world_run(run->world, mst_do_log, &call);
    if (call.n_log != slot->n_log)
        differ(run, "%s has %d log rows, should have %d", sns[sn], call.n_log, slot->n_log);
    for (int i = 0; i < call.n_log && !run->why[0]; i++) {
        char peer[16];
        (void)snprintf(peer, sizeof peer, "%d", slot->log[i]);
        if (strcmp(call.log_peer[i], peer) != 0)
            differ(run, "row %d of the log of %s is that of step %s, should be %s", i, sns[sn],
                   call.log_peer[i], peer);
    }
}

/* What the borrower sees of it: what it enabled. */
static void compare_lent(struct run *run, unsigned model, unsigned sn)
{
    struct mst_world_call call = {.model = run->models[model], .sn = sns[sn], .borrower = BORROWER};
    const struct slot *slot = slot_of(&run->naive, model, sn);
    enum mst_verdict wanted = is_known(slot) && slot->is_lent ? MST_DONE : MST_NO_SERIAL;

    if (!run->naive.is_lent[model])
        wanted = MST_NO_SHARE;
    if (mst_world_run(run->world, mst_do_view, &call) != wanted)
        differ(run, "%s is seen by the borrower as %d, should be %d", sns[sn], call.verdict,
               wanted);
}

static void compare_list(struct run *run, unsigned model)
{
    struct mst_world_call call = {.model = run->models[model]};
    int n = 0;

    if (!run->naive.has_model[model])
        return;
    for (unsigned sn = 0; sn < N_SNS; sn++)
        n += slot_of(&run->naive, model, sn)->is_lent;
    if (mst_world_run(run->world, count_lent, &call) != MST_DONE || call.id != n)
        differ(run, "the borrower's list of model %u has %d rows, should have %d", model,
               (int)call.id, n);
}

/* Every key there ever was works exactly if it is its device's present one, activated and unlocked. */
static void compare_key(struct run *run, int at)
{
    const struct device *device = &run->naive.devices[run->naive.keys[at].device];
    struct mst_world_call call = {.key = run->naive.keys[at].text};
    enum mst_verdict wanted = MST_NO_AUTH;

    if (device->is_there && device->word == ACTIVATED &&
        strcmp(device->key, run->naive.keys[at].text) == 0)
        wanted = device->is_locked ? MST_KEY_LOCKED : MST_DONE;
    if (mst_world_run(run->world, mst_do_authenticate, &call) != wanted)
        differ(run, "key %d of device %d is judged %d, should be %d", at,
               run->naive.keys[at].device, call.verdict, wanted);
}

/* Looks up, as the owner, a key that was just made; it must be unlike all before (I5, 1.5 #10). */
static void learn_key(struct run *run, int at)
{
    struct device *device = &run->naive.devices[at];
    struct mst_world_call call = {.rid = device->rid, .caller_id = portal_id(run, device->portal)};

    if (mst_world_run(run->world, mst_do_info, &call) != MST_DONE) {
        differ(run, "the owner of device %d cannot see it", at);
        return;
    }
    for (int i = 0; i < run->naive.n_keys; i++) {
        if (strcmp(run->naive.keys[i].text, call.key_text) == 0)
            differ(run, "device %d has a key that device %d had", at, run->naive.keys[i].device);
    }
    memcpy(device->key, call.key_text, sizeof device->key);
    memcpy(run->naive.keys[run->naive.n_keys].text, call.key_text, MST_TEXT_CHARS);
    run->naive.keys[run->naive.n_keys++].device = at;
}

static void learn_keys(struct run *run)
{
    for (int i = 0; i < run->naive.n_devices && !run->why[0]; i++) {
        if (run->naive.devices[i].is_there && run->naive.devices[i].key[0] == '\0')
            learn_key(run, i);
    }
}

static void compare_all(struct run *run)
{
    for (unsigned model = 0; model < N_MODELS; model++) {
        for (unsigned sn = 0; sn < N_SNS && !run->why[0]; sn++) {
            compare_slot(run, model, sn);
            compare_lent(run, model, sn);
        }
        compare_list(run, model);
    }
    for (int i = 0; i < run->naive.n_keys && !run->why[0]; i++)
        compare_key(run, i);
}

/* What the step touched: its serial numbers, the keys of the devices on them or of its device. */
static void compare_touched(struct run *run, const struct step *step)
{
    int touched[2] = {-1, -1};

    if (is_on_device(step->op)) {
        touched[0] = (int)(step->other % (unsigned)run->naive.n_devices);
        if (run->naive.devices[touched[0]].is_bound)
            compare_slot(run, run->naive.devices[touched[0]].model,
                         run->naive.devices[touched[0]].sn);
    } else {
        compare_slot(run, step->model, step->sn);
        compare_lent(run, step->model, step->sn);
        touched[0] = slot_of(&run->naive, step->model, step->sn)->device;
        if (step->op == REMAP) {
            compare_slot(run, step->model, old_sn(step));
            touched[1] = slot_of(&run->naive, step->model, old_sn(step))->device;
        }
    }
    for (int i = 0; i < run->naive.n_keys && !run->why[0]; i++) {
        if (run->naive.keys[i].device == touched[0] || run->naive.keys[i].device == touched[1])
            compare_key(run, i);
    }
}

/* ---- steps ---- */

/* Edges are worth meeting: the second before a deadline, the deadline itself. */
static void pass_time(struct run *run, const struct step *step)
{
    static const int64_t plain[] = {1, WINDOW_B - 1, WINDOW_B, WINDOW_A - 1, WINDOW_A};
    const struct device *device = run->naive.n_devices ? device_of(&run->naive, step) : NULL;
    int64_t by = plain[step->other % 5];

    if (device && device->word == PENDING && step->variant < 6) {
        int64_t left = device->enabled_at + device->window - run->naive.now;
        by = step->variant < 3 ? left - 1 : left;
    }
    if (by > 0) {
        run->naive.now += by;
        run->world->window_now += by;
        run->world->wall_now += by;
    }
}

static void check_given(struct run *run, const struct step *step, const struct mst_world_call *call)
{
    const struct slot *slot = slot_of(&run->naive, step->model, step->sn);
    const struct device *device = &run->naive.devices[slot->device];

    if (strcmp(call->handle, device->key) != 0)
        differ(run, "the key given is not the one made at the enabling (I2)");
    if (device->n_given > 1)
        differ(run, "an enabling was activated twice (I3)");
}

static void take_step(struct run *run, const struct step *given, int number)
{
    struct step step = *given;
    struct naive *naive = &run->naive;
    struct mst_world_call call;
    enum mst_verdict wanted;
    char shown[MST_TEXT_CHARS] = "";

    if (step.op == RETRY) {
        if (!naive->has_last)
            return;
        step = naive->last_activation;
        number = naive->last_activation_step;
        step.op = RETRY;
        step.fault = MST_WORLD_SOUND;
    }
    if (step.op == PASS_TIME) {
        pass_time(run, &step);
        return;
    }
    if (is_on_device(step.op) && naive->n_devices == 0)
        return;
    if (is_on_device(step.op))
        memcpy(shown, shown_key(naive, &step), sizeof shown);
    set_call(run, &step, shown, number, &call);
    if (run->has_faults)
        run->world->next_fault = step.fault;
    wanted = think(naive, &step, shown, number);
    if (run->has_faults && step.fault == MST_WORLD_KEPT)
        wanted = think(naive, &step, shown, number);
    if (mst_world_run(run->world, verbs[step.op], &call) != wanted)
        differ(run, "answered %d, should be %d", call.verdict, wanted);
    run->world->next_fault = MST_WORLD_SOUND;
    if (run->why[0])
        return;
    if (step.op == ADD_MODEL && step.model == 1 && wanted == MST_DONE) {
        call.window_s = WINDOW_B;
        (void)mst_world_run(run->world, mst_do_update_model, &call);
    }
    if (step.op == ENABLE_OWNER && wanted == MST_DONE)
        memcpy(naive->devices[slot_of(naive, step.model, step.sn)->device].rid, call.handle,
               MST_TEXT_CHARS);
    if ((step.op == ACTIVATE || step.op == RETRY) && wanted == MST_DONE)
        check_given(run, &step, &call);
    if (step.op == ACTIVATE) {
        naive->last_activation = step;
        naive->last_activation_step = number;
        naive->has_last = true;
    }
    learn_keys(run);
    compare_touched(run, &step);
}

static void clean_up(struct run *run)
{
    for (unsigned model = 0; model < N_MODELS; model++) {
        struct mst_world_call call = {.model = run->models[model]};
        (void)mst_world_run(run->world, mst_do_delete_model, &call);
    }
    for (int i = 0; i < run->naive.n_devices; i++) {
        struct device *device = &run->naive.devices[i];
        struct mst_world_call call = {.rid = device->rid,
                                      .caller_id = portal_id(run, device->portal)};
        if (device->is_there)
            (void)mst_world_run(run->world, mst_do_drop, &call);
    }
}

/* True if both agreed all the way. */
static bool run_program(struct run *run, struct mst_world *world, bool has_faults,
                        const struct program *program)
{
    static unsigned n_runs;

    *run = (struct run){.world = world, .has_faults = has_faults};
    run->naive.now = world->window_now;
    n_runs++;
    for (unsigned model = 0; model < N_MODELS; model++) {
        const struct step add = {.op = ADD_MODEL, .model = model};
        (void)snprintf(run->models[model], sizeof run->models[model], "m%u-%u", n_runs, model);
        for (unsigned sn = 0; sn < N_SNS; sn++)
            slot_of(&run->naive, model, sn)->device = -1;
        take_step(run, &add, 0);
    }
    for (run->at = 0; run->at < program->n_steps && !run->why[0]; run->at++)
        take_step(run, &program->steps[run->at], (int)run->at + 1);
    if (!run->why[0])
        compare_all(run);
    if (!run->why[0])
        clean_up(run);
    return !run->why[0];
}

/* ---- reporting ---- */

static bool fails_afresh(unsigned defects, const struct program *program, struct run *run)
{
    struct mst_world world;
    bool is_good;

    open_world(&world, program->number, NULL);
    world.domain.defects = defects;
    is_good = run_program(run, &world, true, program);
    mst_world_close(&world);
    return !is_good;
}

/* Leaves out one step after the other as long as the program still fails. */
static void cut_down(unsigned defects, struct program *program, struct run *run)
{
    size_t i = 0;

    while (i < program->n_steps) {
        struct program shorter = *program;
        memmove(&shorter.steps[i], &shorter.steps[i + 1],
                (shorter.n_steps - i - 1) * sizeof shorter.steps[0]);
        shorter.n_steps--;
        if (fails_afresh(defects, &shorter, run))
            *program = shorter;
        else
            i++;
    }
    (void)fails_afresh(defects, program, run);
}

static void print_program(const struct program *program, const struct run *run)
{
    static const char *const faults[] = {"", ", commit unknown and lost",
                                         ", commit unknown and kept"};

    printf("# program SEED=%" PRIu64 " PROGRAMS=1, cut down: step %zu %s\n", program->number,
           run->at, run->why);
    for (size_t i = 0; i < program->n_steps; i++) {
        const struct step *step = &program->steps[i];
        printf("# %2zu %s%s: model %u, sn %u, other %u, portal %u, variant %u%s\n", i + 1,
               ops[step->op].name, step->is_borrower ? " by the borrower" : "", step->model,
               step->sn, step->other, step->portal, step->variant, faults[step->fault]);
    }
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t value;

    return text && mst_span_u64(mst_span_str(text), UINT64_MAX, &value) == MST_OK ? value
                                                                                  : otherwise;
}

/* Runs programs until one fails; *ret_n is how many ran, the failing one included. */
static bool run_many(unsigned defects, uint64_t first, uint64_t n, struct program *program,
                     struct run *run, uint64_t *ret_n)
{
    struct mst_world world = {0};
    bool is_good = true;

    for (*ret_n = 0; *ret_n < n && is_good; ++*ret_n) {
        if (*ret_n % WORLD_PROGRAMS == 0) {
            mst_world_close(&world);
            open_world(&world, first + *ret_n + 1, NULL);
            world.domain.defects = defects;
        }
        make_program(first + *ret_n, program);
        is_good = run_program(run, &world, true, program);
    }
    mst_world_close(&world);
    return is_good;
}

static bool test_core(int test, uint64_t first, uint64_t n)
{
    struct program program;
    struct run run;
    uint64_t n_run;
    bool is_good = run_many(0, first, n, &program, &run, &n_run);

    if (!is_good) {
        printf("# %s\n", run.why);
        cut_down(0, &program, &run);
        print_program(&program, &run);
    }
    printf("%s %d - core and naive model agree on %" PRIu64 " programs from seed %" PRIu64 "\n",
           is_good ? "ok" : "not ok", test, n_run, first);
    return is_good;
}

static bool test_defect(int test, unsigned defect, const char *name)
{
    struct program program;
    struct run run;
    uint64_t n_run;
    bool is_seen = !run_many(defect, 1, 1000, &program, &run, &n_run);

    if (is_seen) {
        cut_down(defect, &program, &run);
        print_program(&program, &run);
    }
    printf("%s %d - the comparison sees the seeded defect %s (program %" PRIu64 ")\n",
           is_seen ? "ok" : "not ok", test, name, n_run);
    return is_seen;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_dir(const char *dir)
{
    (void)nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The same on the real engine, where commits do not fail. */
static bool test_sqlite(int test, uint64_t first, uint64_t n)
{
    char dir[] = "/tmp/muster-lifecycle-XXXXXX";
    struct mst_sqlite_opts opts = {
        .dir = mkdtemp(dir), .queue_max = 16, .batch_max = 16, .cache_bytes = MST_KIB(64)};
    struct program program = {0};
    struct mst_store *store;
    struct mst_world world;
    const char *what = "";
    struct run run = {0};
    bool is_good = true;
    uint64_t i;

    if (!opts.dir || mst_sqlite_open(&opts, &store, &what) != MST_OK) {
        printf("not ok %d - the embedded store opens: %s\n", test, what);
        return false;
    }
    open_world(&world, 1, store);
    for (i = 0; i < n && is_good; i++) {
        make_program(first + i, &program);
        is_good = run_program(&run, &world, false, &program);
    }
    mst_world_close(&world);
    if (!is_good)
        print_program(&program, &run);
    printf("%s %d - the same on the embedded store, %" PRIu64 " programs\n",
           is_good ? "ok" : "not ok", test, i);
    remove_dir(dir);
    return is_good;
}

int main(void)
{
    uint64_t n = from_environment("PROGRAMS", 100000);
    uint64_t first = from_environment("SEED", 1);
    bool is_good;

    printf("1..6\n");
    is_good = test_core(1, first, n);
    is_good &= test_defect(2, MST_DEFECTIVE_STATE_CHECK, "no-state-check");
    is_good &= test_defect(3, MST_DEFECTIVE_RETRY, "new-key-on-retry");
    is_good &= test_defect(4, MST_DEFECTIVE_EXPIRY, "late-expiry");
    is_good &= test_defect(5, MST_DEFECTIVE_TENANT, "wrong-tenant");
    is_good &= test_sqlite(6, first, from_environment("SQLITE_PROGRAMS", 500));
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
