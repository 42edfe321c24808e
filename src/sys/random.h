/* random.h - unguessable bytes from the kernel (getrandom); ends the process if there are none. */
#ifndef MST_SYS_RANDOM_H
#define MST_SYS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void mst_random_bytes(void *ret_bytes, size_t len);
uint64_t mst_random_u64(void); /* from a small per-thread pool, so it is cheap; wiped as used */

#endif
