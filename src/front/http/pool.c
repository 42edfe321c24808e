#include <stdlib.h>

#include "base/limits.h"
#include "front/http/pool.h"

struct mst_exchange *mst_pool_take(struct mst_pool *pool)
{
    struct mst_exchange *x = pool->free;

    if (x) {
        pool->free = x->next_free;
        pool->n_free--;
        return x;
    }
    x = malloc(sizeof *x);
    if (x)
        mst_exchange_init(x, pool->env);
    return x;
}

void mst_pool_give(struct mst_pool *pool, struct mst_exchange *x)
{
    mst_exchange_reset(x);
    if (pool->n_free >= MST_FREE_EXCHANGES_MAX) {
        mst_exchange_fini(x);
        free(x);
        return;
    }
    x->next_free = pool->free;
    pool->free = x;
    pool->n_free++;
}

void mst_pool_fini(struct mst_pool *pool)
{
    while (pool->free) {
        struct mst_exchange *x = pool->free;

        pool->free = x->next_free;
        mst_exchange_fini(x);
        free(x);
    }
}
