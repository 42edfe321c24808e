#include <string.h>

#include "store/pack.h"

enum { VARINT_MAX = 10 };

/* Seven bits a byte, the lowest first; the sign is the lowest of all, so that -1 is short as well. */
static size_t pack_int(unsigned char *to, int64_t value)
{
    uint64_t left = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    size_t n = 0;

    for (; left > 127; left >>= 7)
        to[n++] = (unsigned char)(left | 128);
    to[n++] = (unsigned char)left;
    return n;
}

static int64_t unpack_int(const unsigned char **at)
{
    uint64_t value = 0;
    unsigned shift = 0;

    for (; **at > 127; (*at)++, shift += 7)
        value |= (uint64_t)(**at & 127) << shift;
    value |= (uint64_t) * (*at)++ << shift;
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

size_t mst_pack(unsigned char *to, const struct mst_schema_table *table, uint64_t mask,
                const void *row)
{
    size_t n = 0;

    for (size_t f = 0; f < table->n_fields; f++) {
        const struct mst_schema_field *field = &table->fields[f];
        bool is_there = (mask >> f & 1) != 0;
        struct mst_span text;

        if (field->type == MST_FIELD_INT) {
            n += pack_int(&to[n], is_there ? mst_row_int(row, field) : 0);
            continue;
        }
        text = is_there ? mst_row_text(row, field) : mst_span_of(NULL, 0);
        n += pack_int(&to[n], (int64_t)text.len);
        if (text.len > 0)
            memcpy(&to[n], text.ptr, text.len);
        n += text.len;
    }
    return n;
}

size_t mst_pack_max(const struct mst_schema_table *table, const void *row)
{
    size_t bytes = table->n_fields * VARINT_MAX;

    for (size_t f = 0; f < table->n_fields; f++)
        if (table->fields[f].type == MST_FIELD_TEXT)
            bytes += mst_row_text(row, &table->fields[f]).len;
    return bytes;
}

void mst_unpack(const unsigned char *packed, const struct mst_schema_table *table, void *row)
{
    const unsigned char *at = packed;

    for (size_t f = 0; f < table->n_fields; f++) {
        int64_t value = unpack_int(&at);

        if (table->fields[f].type == MST_FIELD_INT) {
            mst_row_set_int(row, &table->fields[f], value);
            continue;
        }
        mst_row_set_text(row, &table->fields[f],
                         mst_span_of(value > 0 ? (const char *)at : NULL, (size_t)value));
        at += value;
    }
}
