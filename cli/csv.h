/* csv.h - rows of comma separated fields (protocol.md 2.3), read one by one and written. */
#ifndef MST_CLI_CSV_H
#define MST_CLI_CSV_H

#include "base/buf.h"

enum { CLI_CSV_FIELDS_MAX = 64 }; /* more columns than any list of serial numbers has */

struct cli_csv_row {
    struct mst_span fields[CLI_CSV_FIELDS_MAX]; /* missing ones are empty */
    size_t n_fields;
    size_t line; /* where the row begins, from 1 */
};

struct cli_csv {
    struct mst_cur cur;
    struct mst_buf text; /* of quoted fields of the row */
    size_t line;
    char separator; /* a comma unless set otherwise after cli_csv_init */
};

/* src stays the caller's and must live as long. */
void cli_csv_init(struct cli_csv *csv, struct mst_span src);
void cli_csv_fini(struct cli_csv *csv);
/*
 * The next row that is not blank (the server too passes rows of nothing but spaces); its fields live until the next call. MST_ENOENT after the last;
 * MST_ESYNTAX for a quote that does not end or text after one, MST_EFULL for too many fields: the
 * row's line is set then too.
 */
MST_MUST_USE enum mst_err cli_csv_next(struct cli_csv *csv, struct cli_csv_row *ret_row);

/* Appends one field, quoted if it must be; errors stay in out. */
void cli_csv_add_field(struct mst_buf *out, struct mst_span field);

#endif
