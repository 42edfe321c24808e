#include "store/schema/schema.h"
#include "tests/lib/dump.h"

struct dump {
    const struct mst_schema_table *table;
    struct mst_buf *out;
};

static enum mst_err dump_row(void *arg, const void *row)
{
    const struct dump *dump = arg;

    if (dump->table == &mst_schema_tables[MST_TABLE_META] &&
        mst_span_eq(((const struct mst_row_meta *)row)->name, MST_META_CLOCK_MARK))
        return MST_OK;
    (void)mst_buf_add_str(dump->out, dump->table->name);
    for (size_t i = 0; i < dump->table->n_fields; i++) {
        const struct mst_schema_field *field = &dump->table->fields[i];

        (void)mst_buf_addf(dump->out, " %s=", field->name);
        if (field->type == MST_FIELD_INT)
            (void)mst_buf_add_i64(dump->out, mst_row_int(row, field));
        else
            (void)mst_buf_add(dump->out, mst_row_text(row, field));
    }
    return mst_buf_add_byte(dump->out, '\n');
}

enum mst_err mst_dump_file(struct mst_tx *tx, enum mst_file file, struct mst_buf *out)
{
    const union mst_any_row any = {0};
    enum mst_err err = MST_OK;

    for (int i = 0; i < MST_TABLE_COUNT && err == MST_OK; i++) {
        struct dump dump = {&mst_schema_tables[i], out};
        const struct mst_scan all = {.index = dump.table->primary, .key = &any};

        if (dump.table->file == file)
            err = mst_tx_scan(tx, &all, dump_row, &dump);
    }
    return err;
}
