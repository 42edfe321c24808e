/*
 * A ring of SLOTS lists. Slot number n holds the entries whose time, in steps and rounded up,
 * is n modulo SLOTS: so an entry that is further away than one turn of the wheel lies among nearer
 * ones, and is passed over until its turn. A bit for each slot tells where anything lies; the one timer is set for the
 * next slot that is not empty. A wheel with one entry far away is so looked at once a turn, which is 8 s.
 *
 * What is due is taken out of its slot before the first passed is called, which may set and clear
 * whatever it likes.
 */
#include <stdlib.h>

#include "net/wheel.h"

enum { SLOTS = 1024, WORD_BITS = 64 };

struct mst_wheel {
    struct mst_loop *loop;
    struct mst_timer *timer;
    uint64_t next_step; /* all before it were looked at */
    uint64_t occupied[SLOTS / WORD_BITS];
    struct mst_wheel_entry slots[SLOTS]; /* heads of rings */
};

static void unlink_entry(struct mst_wheel_entry *entry)
{
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    entry->prev = entry->next = NULL;
}

static void link_entry(struct mst_wheel_entry *head, struct mst_wheel_entry *entry)
{
    entry->prev = head->prev;
    entry->next = head;
    head->prev->next = entry;
    head->prev = entry;
}

static bool is_empty(const struct mst_wheel_entry *head)
{
    return head->next == head;
}

static uint64_t step_of(uint64_t at_ms)
{
    return at_ms / MST_WHEEL_STEP_MS + (at_ms % MST_WHEEL_STEP_MS > 0 ? 1 : 0);
}

/* Steps from next_step to the next slot with anything in it; SLOTS if there is none. */
static uint64_t steps_to_next(const struct mst_wheel *wheel)
{
    for (uint64_t n = 0; n < SLOTS; n++) {
        uint64_t slot = (wheel->next_step + n) % SLOTS;
        uint64_t word = wheel->occupied[slot / WORD_BITS] >> slot % WORD_BITS;

        if (word != 0)
            return n + (uint64_t)__builtin_ctzll(word);
        n += WORD_BITS - 1 - slot % WORD_BITS;
    }
    return SLOTS;
}

/* next_step may lag behind: what is due at once is looked at in the next turn of the loop. */
static void arm(struct mst_wheel *wheel)
{
    uint64_t now = mst_loop_now_ms(wheel->loop);
    uint64_t n = steps_to_next(wheel), at;

    if (n == SLOTS) {
        mst_timer_clear(wheel->timer);
        return;
    }
    at = (wheel->next_step + n) * MST_WHEEL_STEP_MS;
    mst_timer_set(wheel->timer, at > now ? at - now : 0);
}

/* Moves what is due in one slot to due. */
static void sift(struct mst_wheel *wheel, uint64_t step, struct mst_wheel_entry *due)
{
    uint64_t slot = step % SLOTS;
    struct mst_wheel_entry *head = &wheel->slots[slot], *next;

    for (struct mst_wheel_entry *entry = head->next; entry != head; entry = next) {
        next = entry->next;
        if (step_of(entry->at_ms) <= step) {
            unlink_entry(entry);
            link_entry(due, entry);
        }
    }
    if (is_empty(head))
        wheel->occupied[slot / WORD_BITS] &= ~(UINT64_C(1) << slot % WORD_BITS);
}

void mst_wheel_turn(struct mst_wheel *wheel, uint64_t now_ms)
{
    uint64_t now_step = now_ms / MST_WHEEL_STEP_MS;
    struct mst_wheel_entry due = {.prev = &due, .next = &due};

    /* After a long sleep once around is enough: sift looks at all rounds up to its step. */
    if (now_step >= wheel->next_step + SLOTS)
        wheel->next_step = now_step - SLOTS + 1;
    for (; wheel->next_step <= now_step; wheel->next_step++)
        sift(wheel, wheel->next_step, &due);
    while (!is_empty(&due)) {
        struct mst_wheel_entry *entry = due.next;

        unlink_entry(entry);
        entry->passed(entry);
    }
}

static void fired(void *arg)
{
    struct mst_wheel *wheel = arg;

    mst_wheel_turn(wheel, mst_loop_now_ms(wheel->loop));
    arm(wheel);
}

enum mst_err mst_wheel_new(struct mst_loop *loop, struct mst_wheel **ret_wheel)
{
    struct mst_wheel *wheel = calloc(1, sizeof *wheel);
    enum mst_err err;

    if (!wheel)
        return MST_ENOMEM;
    wheel->loop = loop;
    wheel->next_step = mst_loop_now_ms(loop) / MST_WHEEL_STEP_MS;
    for (size_t i = 0; i < SLOTS; i++)
        wheel->slots[i].prev = wheel->slots[i].next = &wheel->slots[i];
    err = mst_timer_new(loop, fired, wheel, &wheel->timer);
    if (err != MST_OK) {
        free(wheel);
        return err;
    }
    *ret_wheel = wheel;
    return MST_OK;
}

void mst_wheel_free(struct mst_wheel *wheel)
{
    if (!wheel)
        return;
    mst_timer_free(wheel->timer);
    free(wheel);
}

void mst_wheel_set(struct mst_wheel *wheel, struct mst_wheel_entry *entry, uint64_t at_ms,
                   void (*passed)(struct mst_wheel_entry *entry))
{
    uint64_t step = step_of(at_ms), slot;

    mst_wheel_clear(wheel, entry);
    entry->at_ms = at_ms;
    entry->passed = passed;
    if (step < wheel->next_step) /* that slot was looked at */
        step = wheel->next_step;
    slot = step % SLOTS;
    link_entry(&wheel->slots[slot], entry);
    wheel->occupied[slot / WORD_BITS] |= UINT64_C(1) << slot % WORD_BITS;
    arm(wheel);
}

void mst_wheel_clear(struct mst_wheel *wheel, struct mst_wheel_entry *entry)
{
    (void)wheel; /* the bit of its slot may stay: that costs one look */
    if (entry->next)
        unlink_entry(entry);
}
