/*
 * json.h - reading JSON (RFC 8259) value by value, from left to right, without losing a digit of a
 * number; and writing its strings.
 *
 * What is not wanted is skipped, and is still checked, once. Every read that fails gives MST_ESYNTAX, and
 * the text is not to be read further.
 *
 *     err = mst_json_open(&json, '{');
 *     while (err == MST_OK && (err = mst_json_member(&json, arena, &is_more, &name)) == MST_OK && is_more)
 *         ... one value
 */
#ifndef MST_BASE_JSON_H
#define MST_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

enum mst_json_kind {
    MST_JSON_NONE, /* no value begins here */
    MST_JSON_OBJECT,
    MST_JSON_ARRAY,
    MST_JSON_STRING,
    MST_JSON_NUMBER,
    MST_JSON_TRUE,
    MST_JSON_FALSE,
    MST_JSON_NULL
};

enum { MST_JSON_DEPTH_MAX = 32 }; /* arrays and objects in one another */

struct mst_json {
    struct mst_cur cur;
    unsigned depth;
    bool is_first;   /* in the array or object that was opened last */
    bool is_checked; /* what is skipped is good */
};

struct mst_json mst_json_of(struct mst_span text);
/* Of text that mst_json_skip or mst_json_value has passed over before: what is skipped now is only looked
   through for its end, which takes a tenth of the time. */
struct mst_json mst_json_again(struct mst_span text);

/* What comes next. */
enum mst_json_kind mst_json_kind(const struct mst_json *json);

/* Enters an array '[' or an object '{'. */
MST_MUST_USE enum mst_err mst_json_open(struct mst_json *json, char open);
/* Goes to the next element of an array; *ret_is_more false: it is over, and lies behind us. */
MST_MUST_USE enum mst_err mst_json_element(struct mst_json *json, bool *ret_is_more);
/* The same for an object; *ret_name is what mst_json_string would give. */
MST_MUST_USE enum mst_err mst_json_member(struct mst_json *json, struct mst_arena *arena,
                                          bool *ret_is_more, struct mst_span *ret_name);
/* The text of a string, well-formed UTF-8 if the source is; without escapes it borrows from the
   source. Also MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_json_string(struct mst_json *json, struct mst_arena *arena,
                                          struct mst_span *ret_text);
/* The characters of a number, as they stand there. */
MST_MUST_USE enum mst_err mst_json_number(struct mst_json *json, struct mst_span *ret_text);
/* Passes over one value of any kind. */
MST_MUST_USE enum mst_err mst_json_skip(struct mst_json *json);
/* The same, and gives its text as it stands there, without blanks around it. */
MST_MUST_USE enum mst_err mst_json_value(struct mst_json *json, struct mst_span *ret_text);
/* Is nothing left but blanks? */
MST_MUST_USE enum mst_err mst_json_end(struct mst_json *json);

/* Appends text, UTF-8, as a string with its quotes. */
enum mst_err mst_json_put(struct mst_buf *out, struct mst_span text);

#endif
