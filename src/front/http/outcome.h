/*
 * outcome.h - the only place where verdicts and errors become HTTP status codes.
 */
#ifndef MST_FRONT_HTTP_OUTCOME_H
#define MST_FRONT_HTTP_OUTCOME_H

#include "base/err.h"
#include "core/verdict.h"

/* Endpoint families: the same verdict may have another code in another family. */
enum mst_family {
    MST_FAMILY_ACTIVATE, /* protocol.md 2.5 */
    MST_FAMILY_MANAGE,   /* 2.6, 2.10, 2.11 */
    MST_FAMILY_DATA,     /* 2.12: never 403 */
    MST_FAMILY_LOOK,     /* 2.7, 2.13: lists and info of content for a serial number */
    MST_FAMILY_FETCH,    /* 2.7, 2.13: blobs, and a device's list */
    MST_FAMILY_OPEN,     /* /timestamp, the RPC envelope: nothing to refuse */
    MST_FAMILY_COUNT
};

/* The status of a refusal. MST_DONE is 500: a handler says itself how it succeeded. */
unsigned mst_outcome_status(enum mst_family family, enum mst_verdict verdict);
/* 503 where waiting helps, else 500. */
unsigned mst_outcome_error(enum mst_err err);

#endif
