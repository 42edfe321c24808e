/* csv.h - CSV as 1P reads and writes it (protocol.md 2.3). */
#ifndef MST_WIRE_CSV_H
#define MST_WIRE_CSV_H

#include "base/arena.h"
#include "base/buf.h"

/* Appends a field, quoted only if it holds a comma, double quote, CR or LF; put a ',' yourself. */
enum mst_err mst_csv_field(struct mst_buf *out, struct mst_span text);
/* Appends CRLF. */
enum mst_err mst_csv_end(struct mst_buf *out);

/*
 * Takes the next row that is not blank (holds more than SP and HTAB). Rows end with LF or CRLF, the last line
 * end is optional; quotes as above; spaces are kept; missing trailing columns
 * are empty; columns beyond max_columns are dropped. Unquoted text borrows from
 * the source.
 *   MST_OK, MST_ENOENT at the end, MST_ESYNTAX (text after a closing quote, an open quote at the
 *   end, a bare CR), MST_ENOMEM. *ret_line is the row's line number, from 1.
 * After an error ret_columns holds nothing of use, and the source is not to be read further.
 */
struct mst_csv {
    struct mst_cur cur;
    size_t line;
};

struct mst_csv mst_csv_of(struct mst_span src);
/* src has no more rows than so many. */
size_t mst_csv_rows_max(struct mst_span src);
MST_MUST_USE enum mst_err mst_csv_row(struct mst_csv *csv, struct mst_arena *arena,
                                      struct mst_span *ret_columns, size_t max_columns,
                                      size_t *ret_line);

#endif
