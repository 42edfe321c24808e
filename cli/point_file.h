/* point_file.h - points in a file: rows "ts,value" of CSV, with that heading or without, or lines of JSON, {"ts": .., "value": ..} or [ts, value]. */
#ifndef MST_CLI_POINT_FILE_H
#define MST_CLI_POINT_FILE_H

#include <jansson.h>

#include "cli/rows.h"

struct cli_point {
    int64_t at; /* Unix seconds; negative: before now */
    struct mst_span value;
    size_t line; /* where it begins */
};

struct cli_point_file {
    bool is_json;
    struct cli_rows rows; /* of CSV */
    FILE *lines;          /* of JSON */
    char *line;
    size_t n_lines;
    json_t *json; /* of the line */
    struct mst_buf value;
    const char *problem; /* after MST_EINVAL */
};

/* Takes fd, also on failure. MST_ENOMEM. */
MST_MUST_USE enum mst_err cli_point_file_open(struct cli_point_file *file, int fd, bool is_json);
void cli_point_file_close(struct cli_point_file *file);
/* The value lives until the next call. MST_ENOENT after the last. MST_EINVAL: line ret_point->line is no point, see problem.
   MST_EIO: see errno. MST_ENOMEM. */
MST_MUST_USE enum mst_err cli_point_file_next(struct cli_point_file *file,
                                              struct cli_point *ret_point);

#endif
