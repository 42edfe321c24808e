/*
 * openapi.h - what docs/openapi.json says of each route beyond what the route table and the table of
 * permits say themselves.
 *
 * From those come paths, methods, bounds of bodies, keys, and the statuses that follow from them: 401, 403,
 * 404 and 412 of the guard, 413. openapi_list.c has the rest, one row for each method of each
 * route. A route without a row and a row without a route are errors of print_openapi.
 */
#ifndef MST_TOOLS_OPENAPI_H
#define MST_TOOLS_OPENAPI_H

#include <stddef.h>

/* A parameter of a query or a field of a form, wherever it occurs. */
struct openapi_word {
    const char *name;
    const char *type; /* string, integer, boolean, array (of strings), object (any names) */
    const char *text;
};

enum { OPENAPI_REPLIES_MAX = 8 };

struct openapi_reply {
    unsigned status;
    const char *type; /* media type; NULL: no body, or the standard body of an error */
    const char *text;
};

struct openapi_operation {
    const char
        *route; /* "GET /provision/manage/model/ * / *" (without the spaces), as in the log */
    const char *names; /* of what varies, in order: "model sn" */
    const char *id;
    const char *summary;
    /* Words, separated by spaces. "+" before one: an addition of ours. */
    const char *query;
    const char *form;
    const char *csv;     /* the columns of a body of CSV */
    const char *json;    /* what a body of JSON is */
    const char *blob;    /* what a body of any type is */
    const char *headers; /* of the request, besides keys; words too */
    struct openapi_reply replies[OPENAPI_REPLIES_MAX];
};

extern const struct openapi_word openapi_words[];
extern const size_t openapi_words_count;
extern const struct openapi_operation openapi_operations[];
extern const size_t openapi_operations_count;

#endif
