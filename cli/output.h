/*
 * output.h - what a command found, for people or, with --json, for programs. A command
 * builds JSON either way; a table of fields tells what people are shown of it.
 */
#ifndef MST_CLI_OUTPUT_H
#define MST_CLI_OUTPUT_H

#include "cli/cli.h"

/* What is shown of an object, in order; ends with CLI_FIELDS_END. */
struct cli_field {
    const char *key;
    const char *title;
};
#define CLI_FIELDS_END \
    {                  \
        NULL, NULL     \
    }

/* Text from outside as a JSON string: bytes that are not UTF-8 become '?'. NULL without memory. */
json_t *cli_json_text(struct mst_span text);
/* object[key] = text; false without memory. */
bool cli_json_set(json_t *object, const char *key, struct mst_span text);
/* Text with control characters made visible: a terminal must not obey what a server sends. */
void cli_print_clean(FILE *out, struct mst_span text);
size_t cli_clean_width(struct mst_span text);

/* One object: a line of JSON, or one line per field. Absent, null and empty ones are "-". */
void cli_print_object(struct cli *cli, const json_t *object, const struct cli_field *fields);

/* "NAME: RESULT" for people, {key: NAME, "result": RESULT} for programs. */
enum cli_exit cli_print_done(struct cli *cli, const char *key, const char *name,
                             const char *result);

/* A list whose rows come one by one: a JSON array, or a table with a header. */
struct cli_list {
    struct cli *cli;
    const struct cli_field *fields;
    json_t *page; /* rows not yet printed */
    size_t n_rows;
    bool is_begun;
};
enum cli_exit cli_list_begin(struct cli_list *list, struct cli *cli,
                             const struct cli_field *fields);
/* Takes row over (also on failure). */
enum cli_exit cli_list_row(struct cli_list *list, json_t *row);
/* empty is what people read when there was no row. */
void cli_list_end(struct cli_list *list, const char *empty);
void cli_list_fini(struct cli_list *list);

#endif
