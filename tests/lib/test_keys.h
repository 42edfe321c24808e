/* test_keys.h - core/port_keys.h over wire/handle with fixed keys, one generation. */
#ifndef MST_TESTS_LIB_TEST_KEYS_H
#define MST_TESTS_LIB_TEST_KEYS_H

#include "core/port_keys.h"
#include "wire/handle.h"

struct mst_test_keys {
    struct mst_handle_keys handles;
    int64_t kid; /* the current one: 1 or 2 */
};

/* keys must outlive the port. */
struct mst_keys mst_test_keys_port(struct mst_test_keys *keys);

#endif
