/* pool.h - exchanges that are kept for reuse, so that a request allocates nothing once its worker has warmed up. */
#ifndef MST_FRONT_HTTP_POOL_H
#define MST_FRONT_HTTP_POOL_H

#include "front/http/exchange.h"

/* With the rest zero it is empty. */
struct mst_pool {
    const struct mst_exchange_env *env; /* of all of them; it must outlive them */
    struct mst_exchange *free;          /* by next_free */
    size_t n_free;
};

/* NULL without memory. */
struct mst_exchange *mst_pool_take(struct mst_pool *pool);
/* x ends: MST_FREE_EXCHANGES_MAX are kept. */
void mst_pool_give(struct mst_pool *pool, struct mst_exchange *x);
void mst_pool_fini(struct mst_pool *pool);

#endif
