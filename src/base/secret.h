/*
 * secret.h - values that must not leak: compared in constant time, wiped after
 * use, and of a type that no printing function takes.
 */
#ifndef MST_BASE_SECRET_H
#define MST_BASE_SECRET_H

#include "base/span.h"

enum {
    MST_HANDLE_BYTES = 20, /* protocol.md 1.1: CIK, RID, token, share code, grant token */
    MST_HANDLE_CHARS = 40,
    MST_LOCATOR_BYTES = 16,       /* keys.md: what finds a key brought from elsewhere */
    MST_SEALED_HANDLE_BYTES = 36, /* keys.md: a handle and what sealing adds */
    MST_FLEET_ID_BYTES = 16,      /* docs/fleet-format.md: names an export */
    MST_SECRET_KEY_BYTES = 32     /* keys.md: the keys of the key file */
};

/* A handle as it stands on the wire: 40 lower case hex characters, no NUL. */
struct mst_handle {
    char text[MST_HANDLE_CHARS];
};

struct mst_secret_key {
    uint8_t bytes[MST_SECRET_KEY_BYTES];
};

struct mst_span mst_handle_span(const struct mst_handle *handle);
/* Equal length and bytes; the time depends on the lengths only. */
bool mst_secret_eq(struct mst_span a, struct mst_span b);
/* Overwrites len bytes at ptr so that the compiler cannot leave it out. */
void mst_secret_wipe(void *ptr, size_t len);

#endif
