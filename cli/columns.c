#include "cli/columns.h"

#include <stdio.h>

static enum mst_err refuse(struct cli_columns *columns, const char *text, struct mst_span what)
{
    (void)snprintf(columns->problem, sizeof columns->problem, "--map: %s '%.*s'", text,
                   what.len < CLI_HEADING_MAX ? (int)what.len : CLI_HEADING_MAX, what.ptr);
    return MST_EINVAL;
}

/* A number, or a heading. */
static enum mst_err set(struct cli_columns *columns, struct cli_column *column,
                        struct mst_span value)
{
    uint64_t number;
    enum mst_err err = mst_span_u64(value, UINT32_MAX, &number);

    if (column->number > 0 || column->heading[0] != '\0')
        return refuse(columns, "two columns for one thing:", value);
    if (err == MST_OK && (number == 0 || number > CLI_CSV_FIELDS_MAX))
        return refuse(columns, "columns are counted from 1 to 64, not", value);
    if (err == MST_OK) {
        column->number = (size_t)number;
        return MST_OK;
    }
    if (value.len == 0 || value.len >= CLI_HEADING_MAX)
        return refuse(columns, "no column is called", value);
    (void)snprintf(column->heading, sizeof column->heading, "%.*s", (int)value.len, value.ptr);
    return MST_OK;
}

static enum mst_err take_pair(struct cli_columns *columns, struct mst_span pair)
{
    size_t eq = mst_span_find(pair, '=', 0);
    struct mst_span name = mst_span_cut(pair, 0, eq);
    struct mst_span value = mst_span_cut(pair, eq + 1, pair.len);

    if (eq == pair.len)
        return refuse(columns, "it looks like sn=2,extra=4 and not like", pair);
    if (mst_span_eq(name, MST_LIT("sn")))
        return set(columns, &columns->sn, value);
    if (mst_span_eq(name, MST_LIT("extra")))
        return set(columns, &columns->extra, value);
    return refuse(columns, "a serial number has sn and extra, and no", name);
}

enum mst_err cli_columns_parse(struct cli_columns *columns, const char *map)
{
    struct mst_cur cur = mst_cur_of(mst_span_str(map));
    struct mst_span pair;
    enum mst_err err = MST_OK;

    *columns = (struct cli_columns){0};
    if (map == NULL) {
        columns->sn.number = 1;
        columns->extra.number = 2;
        return MST_OK;
    }
    columns->is_mapped = true;
    while (err == MST_OK && mst_cur_until(&cur, ',', &pair))
        err = take_pair(columns, pair);
    if (err == MST_OK)
        err = take_pair(columns, mst_cur_rest(&cur));
    if (err == MST_OK && columns->sn.number == 0 && columns->sn.heading[0] == '\0')
        err = refuse(columns, "the column of the serial number is missing in", mst_span_str(map));
    return err;
}

bool cli_columns_need_heading(const struct cli_columns *columns)
{
    return columns->sn.heading[0] != '\0' || columns->extra.heading[0] != '\0';
}

static enum mst_err find(struct cli_columns *columns, struct cli_column *column,
                         const struct cli_csv_row *heading)
{
    struct mst_span want = mst_span_str(column->heading);
    size_t number = 0;

    if (want.len == 0)
        return MST_OK;
    for (size_t i = 0; i < heading->n_fields; i++) {
        if (!mst_span_eq(mst_span_trim(heading->fields[i]), want))
            continue;
        if (number > 0)
            return refuse(columns, "two columns are called", want);
        number = i + 1;
    }
    if (number == 0)
        return refuse(columns, "no column is called", want);
    column->number = number;
    return MST_OK;
}

enum mst_err cli_columns_find(struct cli_columns *columns, const struct cli_csv_row *heading)
{
    enum mst_err err = find(columns, &columns->sn, heading);

    return err == MST_OK ? find(columns, &columns->extra, heading) : err;
}

const char *cli_columns_take(const struct cli_columns *columns, const struct cli_csv_row *row,
                             struct mst_span *ret_sn, struct mst_span *ret_extra)
{
    const struct mst_span none = {NULL, 0};

    *ret_sn = row->fields[columns->sn.number - 1];
    *ret_extra = columns->extra.number > 0 ? row->fields[columns->extra.number - 1] : none;
    if (!columns->is_mapped && row->n_fields > 2)
        return "more than two columns: --map says which are meant";
    return NULL;
}
