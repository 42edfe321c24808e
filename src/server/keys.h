/*
 * keys.h - the key scheme as the domain sees it: core/port_keys.h answered with
 * wire/handle and the store's generations. Fixed after keyring.h made it, so any
 * number of threads may use it.
 */
#ifndef MST_SERVER_KEYS_H
#define MST_SERVER_KEYS_H

#include "base/limits.h"
#include "core/port_keys.h"
#include "wire/handle.h"

struct mst_server_keys {
    struct mst_handle_keys handles;
    uint32_t gens[MST_GENS_MAX]; /* by index; 24 bits each */
    size_t n_gens;
    uint32_t current_kid;
};

/* The port over keys, which must outlive it. The newest generation is the current one. */
struct mst_keys mst_server_keys_port(struct mst_server_keys *keys);

#endif
