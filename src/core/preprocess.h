/*
 * preprocess.h - what is done to a value as it comes in (protocol.md 2.15.5 preprocess).
 *
 * A list of steps [operation, constant]; each takes what the one before made:
 *     add sub mul div mod      of two numbers; dividing by zero fails, and what becomes too large for a
 *                              double; mod has the sign of the value
 *     gt geq lt leq eq neq     1 or 0; numbers are compared as numbers, anything else as text
 *     value                    the constant instead of the value
 * A constant that is a RID stands for the latest value of that resource, at the moment when the
 * step is done. Whole numbers keep all their 64 bits as long as the results are whole.
 */
#ifndef MST_CORE_PREPROCESS_H
#define MST_CORE_PREPROCESS_H

#include "core/domain.h"

struct mst_preprocess;

/*
 * By a reader: list is the JSON of the list; it must live as long as arena. What is no list of steps has
 * one that fails, and so has a RID that the owner of port may not read.
 */
MST_MUST_USE enum mst_err mst_preprocess_read(const struct mst_domain *domain, struct mst_tx *tx,
                                              struct mst_arena *arena,
                                              const struct mst_row_resource *port,
                                              struct mst_span list,
                                              struct mst_preprocess **ret_preprocess);

/* Steps that read the latest value of another resource. */
size_t mst_preprocess_n_reads(const struct mst_preprocess *preprocess);

/* In a MST_FILE_POINTS command. The result is text, not yet of the port's format, in the transaction's
   arena; is_spelled: a truth is "true" or "false". MST_BAD_VALUE: a step failed. */
MST_MUST_USE enum mst_err mst_preprocess_run(const struct mst_preprocess *preprocess,
                                             struct mst_tx *tx, struct mst_span value,
                                             bool is_spelled, enum mst_verdict *ret_verdict,
                                             struct mst_span *ret_value);

#endif
