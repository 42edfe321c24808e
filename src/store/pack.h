/*
 * pack.h - a row in few bytes: its fields in their order, numbers and the lengths of texts in as many bytes as
 * they need. For the memory of this process alone: nothing checks what is unpacked.
 */
#ifndef MST_STORE_PACK_H
#define MST_STORE_PACK_H

#include "store/schema/schema.h"

/* At least what mst_pack needs for the row. */
size_t mst_pack_max(const struct mst_schema_table *table, const void *row);
/* The fields in mask; the others as 0 and "". Returns how many bytes it took. */
size_t mst_pack(unsigned char *to, const struct mst_schema_table *table, uint64_t mask,
                const void *row);
/* The texts of row borrow from packed; empty ones are NULL. */
void mst_unpack(const unsigned char *packed, const struct mst_schema_table *table, void *row);

#endif
