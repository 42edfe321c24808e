/* columns.h - which columns of a file hold the serial number and its text (--map). */
#ifndef MST_CLI_COLUMNS_H
#define MST_CLI_COLUMNS_H

#include "cli/csv.h"

enum { CLI_HEADING_MAX = 128 };

struct cli_column {
    size_t number;                 /* from 1; 0: not known yet, or none */
    char heading[CLI_HEADING_MAX]; /* empty: told by its number */
};

struct cli_columns {
    struct cli_column sn, extra;
    bool is_mapped;    /* otherwise sn and extra are all that a row may have */
    char problem[256]; /* after MST_EINVAL */
};

/* map: "sn=2,extra=4", or headings in place of numbers; NULL: sn=1,extra=2. MST_EINVAL. */
MST_MUST_USE enum mst_err cli_columns_parse(struct cli_columns *columns, const char *map);
/* Does a heading have to be read? */
bool cli_columns_need_heading(const struct cli_columns *columns);
/* Looks the names up in it. MST_EINVAL: one is missing, or stands there twice. */
MST_MUST_USE enum mst_err cli_columns_find(struct cli_columns *columns,
                                           const struct cli_csv_row *heading);
/* The two fields of a row; NULL, or what is wrong with it. */
const char *cli_columns_take(const struct cli_columns *columns, const struct cli_csv_row *row,
                             struct mst_span *ret_sn, struct mst_span *ret_extra);

#endif
