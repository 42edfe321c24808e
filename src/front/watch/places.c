/*
 * Tenants that hold something lie in a hash table of open addresses, which is never more than half
 * full: each in the slot that its lane's hash names, or in the first free one behind it. One that holds
 * nothing any more leaves, and those behind it move up, so that no slot is free between one's home and
 * where it lies.
 */
#include <assert.h>
#include <stdlib.h>

#include "front/watch/places.h"
#include "sys/metric.h"

enum { BITS_FIRST = 4, PERCENT = 100 };

struct tenant {
    int64_t lane; /* 0: the slot is free */
    size_t n_held;
};

struct mst_places {
    size_t max, n_taken;
    unsigned share, label;
    size_t n_tenants;
    unsigned bits; /* of the table's length */
    struct tenant *table;
};

static size_t length_of(const struct mst_places *places)
{
    return (size_t)1 << places->bits;
}

/* Ids of rows come in runs: spread by the upper bits. */
static size_t home_of(const struct mst_places *places, int64_t lane)
{
    return (uint64_t)lane * UINT64_C(0x9e3779b97f4a7c15) >> (64 - places->bits);
}

static size_t next_of(const struct mst_places *places, size_t slot)
{
    return (slot + 1) & (length_of(places) - 1);
}

/* How far slot lies behind from, going round. */
static size_t distance(const struct mst_places *places, size_t from, size_t slot)
{
    return (slot - from) & (length_of(places) - 1);
}

/* Where the tenant lies, or would. */
static size_t find_slot(const struct mst_places *places, int64_t lane)
{
    size_t slot = home_of(places, lane);

    while (places->table[slot].lane != 0 && places->table[slot].lane != lane)
        slot = next_of(places, slot);
    return slot;
}

static struct tenant *find(const struct mst_places *places, int64_t lane)
{
    return &places->table[find_slot(places, lane)];
}

static void leave(struct mst_places *places, int64_t lane)
{
    size_t hole = find_slot(places, lane);

    for (size_t slot = next_of(places, hole); places->table[slot].lane != 0;
         slot = next_of(places, slot)) {
        size_t home = home_of(places, places->table[slot].lane);

        if (distance(places, home, slot) < distance(places, hole, slot))
            continue; /* it would come to lie before its home */
        places->table[hole] = places->table[slot];
        hole = slot;
    }
    places->table[hole] = (struct tenant){0};
    places->n_tenants--;
}

static enum mst_err grow(struct mst_places *places)
{
    struct tenant *old = places->table;
    size_t n_old = length_of(places);
    struct tenant *table = calloc(2 * n_old, sizeof *table);

    if (!table)
        return MST_ENOMEM;
    places->table = table;
    places->bits++;
    for (size_t i = 0; i < n_old; i++)
        if (old[i].lane != 0)
            *find(places, old[i].lane) = old[i];
    free(old);
    return MST_OK;
}

enum mst_err mst_places_new(size_t max, unsigned share, unsigned label,
                            struct mst_places **ret_places)
{
    struct mst_places *places = calloc(1, sizeof *places);

    assert(max > 0 && max <= SIZE_MAX / PERCENT && share > 0 && share <= PERCENT);
    if (!places)
        return MST_ENOMEM;
    *places = (struct mst_places){.max = max, .share = share, .label = label, .bits = BITS_FIRST};
    places->table = calloc(length_of(places), sizeof *places->table);
    if (!places->table) {
        free(places);
        return MST_ENOMEM;
    }
    *ret_places = places;
    return MST_OK;
}

void mst_places_free(struct mst_places *places)
{
    if (!places)
        return;
    assert(places->n_taken == 0 && places->n_tenants == 0);
    free(places->table);
    free(places);
}

static bool has_its_part(const struct mst_places *places, size_t n_held, size_t n_left)
{
    return n_held * (PERCENT - places->share) >= n_left * places->share;
}

static enum mst_err take_for(struct mst_places *places, int64_t lane, size_t n_left)
{
    struct tenant *tenant = find(places, lane);

    if (has_its_part(places, tenant->n_held, n_left)) {
        mst_metric_add(MST_M_TENANT_REFUSED, places->label, 1);
        return MST_EFULL;
    }
    if (tenant->lane == 0) {
        if (2 * (places->n_tenants + 1) > length_of(places)) {
            if (grow(places) != MST_OK)
                return MST_ENOMEM;
            tenant = find(places, lane);
        }
        tenant->lane = lane;
        places->n_tenants++;
    }
    tenant->n_held++;
    return MST_OK;
}

enum mst_err mst_places_take(struct mst_places *places, int64_t lane)
{
    size_t n_left = places->max - places->n_taken;
    enum mst_err err = n_left == 0 ? MST_EFULL : MST_OK;

    if (err == MST_OK && lane != 0)
        err = take_for(places, lane, n_left);
    if (err == MST_OK)
        places->n_taken++;
    return err;
}

enum mst_err mst_places_assign(struct mst_places *places, int64_t lane)
{
    enum mst_err err;

    assert(places->n_taken > 0);
    places->n_taken--;
    err = mst_places_take(places, lane);
    if (err != MST_OK)
        places->n_taken++;
    return err;
}

void mst_places_give(struct mst_places *places, int64_t lane)
{
    struct tenant *tenant = lane != 0 ? find(places, lane) : NULL;

    assert(places->n_taken > 0 && (!tenant || tenant->n_held > 0));
    places->n_taken--;
    if (tenant && --tenant->n_held == 0)
        leave(places, lane);
}
