/* dump.h - all that a store holds, as text: two equal dumps say that nothing differs. */
#ifndef MST_TESTS_LIB_DUMP_H
#define MST_TESTS_LIB_DUMP_H

#include "base/buf.h"
#include "core/port_store.h"

/* Adds the rows of a file, each a line, in the order of their keys; without the clock's mark. tx: a
   command's of that file, or a reader's. */
MST_MUST_USE enum mst_err mst_dump_file(struct mst_tx *tx, enum mst_file file, struct mst_buf *out);

#endif
