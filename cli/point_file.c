#include "cli/point_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"

/* A line holds the longest value with every character of it escaped. */
enum { NUMBER_CHARS = 64, LINE_ROOM = 6 * MST_VALUE_MAX + 1024 };
static const char NO_TIME[] = "the time is not a number of seconds";

enum mst_err cli_point_file_open(struct cli_point_file *file, int fd, bool is_json)
{
    *file = (struct cli_point_file){.is_json = is_json};
    mst_buf_init(&file->value, NUMBER_CHARS);
    cli_rows_init(&file->rows, fd, ',');
    if (!is_json)
        return MST_OK;
    file->line = malloc(LINE_ROOM);
    if (file->line)
        file->lines = fdopen(fd, "r");
    if (file->lines)
        return MST_OK;
    (void)close(fd);
    return MST_ENOMEM;
}

void cli_point_file_close(struct cli_point_file *file)
{
    if (file->lines)
        (void)fclose(file->lines);
    else if (!file->is_json)
        (void)close(file->rows.fd);
    cli_rows_fini(&file->rows);
    json_decref(file->json);
    mst_buf_fini(&file->value);
    free(file->line);
}

static enum mst_err fail(struct cli_point_file *file, const char *problem)
{
    file->problem = problem;
    return MST_EINVAL;
}

/* ---- CSV ---- */

static bool is_heading(const struct cli_csv_row *row)
{
    return row->line == 1 && mst_span_eq(mst_span_trim(row->fields[0]), MST_LIT("ts")) &&
           mst_span_eq(mst_span_trim(row->fields[1]), MST_LIT("value"));
}

/* What a row is that is no point. text: as it begins. */
static enum mst_err fail_row(struct cli_point_file *file, struct mst_span text, size_t line,
                             const char *problem)
{
    if (mst_span_starts(text, MST_LIT("{")) || mst_span_starts(text, MST_LIT("[")))
        problem = "this is a line of JSON: add --format json";
    else if (line == 1 && problem == NO_TIME)
        problem = "the time is not a number of seconds (a heading is left out by --from-line 2)";
    return fail(file, problem);
}

static enum mst_err next_row(struct cli_point_file *file, struct cli_point *point)
{
    struct cli_csv_row row = {0};
    enum mst_err err = cli_rows_next(&file->rows, &row);

    point->line = row.line;
    if (err == MST_EINVAL)
        return fail_row(file, file->rows.text, row.line, file->rows.problem);
    if (err != MST_OK)
        return err;
    if (row.n_fields != 2)
        return fail_row(file, row.fields[0], row.line, "a point is written ts,value");
    if (is_heading(&row))
        return next_row(file, point);
    if (mst_span_i64(mst_span_trim(row.fields[0]), &point->at) != MST_OK)
        return fail_row(file, row.fields[0], row.line, NO_TIME);
    point->value = row.fields[1];
    return MST_OK;
}

/* ---- lines of JSON ---- */

static enum mst_err take_value(struct cli_point_file *file, const json_t *value,
                               struct mst_span *ret_value)
{
    mst_buf_clear(&file->value);
    if (json_is_string(value)) {
        *ret_value = mst_span_of(json_string_value(value), json_string_length(value));
        return MST_OK;
    }
    if (json_is_integer(value))
        (void)mst_buf_addf(&file->value, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        (void)mst_buf_addf(&file->value, "%.17g", json_real_value(value));
    else
        return fail(file, "the value is neither text nor a number");
    *ret_value = mst_buf_span(&file->value);
    return mst_buf_err(&file->value);
}

/* The next line that is not blank, without its end. */
static enum mst_err read_line(struct cli_point_file *file, struct mst_span *ret_line)
{
    struct mst_span line;

    do {
        if (!fgets(file->line, LINE_ROOM, file->lines))
            return ferror(file->lines) ? MST_EIO : MST_ENOENT;
        file->n_lines++;
        line = mst_span_str(file->line);
        if (line.len == LINE_ROOM - 1)
            return fail(file, "the line is longer than any point");
        line = mst_span_trim(mst_span_cut(line, 0, mst_span_find(line, '\n', 0)));
    } while (line.len == 0);
    *ret_line = line;
    return MST_OK;
}

static enum mst_err parse_line(struct cli_point_file *file, struct mst_span line,
                               struct cli_point *point)
{
    const json_t *at, *value;

    json_decref(file->json);
    file->json = json_loadb(line.ptr, line.len, 0, NULL);
    if (json_is_array(file->json) && json_array_size(file->json) == 2) {
        at = json_array_get(file->json, 0);
        value = json_array_get(file->json, 1);
    } else if (json_is_object(file->json)) {
        at = json_object_get(file->json, "ts");
        value = json_object_get(file->json, "value");
    } else {
        return fail(file,
                    "a point is written {\"ts\": 1798675199, \"value\": 21.5}, or as a list of "
                    "the two");
    }
    if (!json_is_integer(at))
        return fail(file, NO_TIME);
    point->at = json_integer_value(at);
    return take_value(file, value, &point->value);
}

static enum mst_err next_line(struct cli_point_file *file, struct cli_point *point)
{
    struct mst_span line;
    enum mst_err err = read_line(file, &line);

    point->line = file->n_lines;
    return err == MST_OK ? parse_line(file, line, point) : err;
}

enum mst_err cli_point_file_next(struct cli_point_file *file, struct cli_point *ret_point)
{
    struct cli_point point = {0};
    enum mst_err err = file->is_json ? next_line(file, &point) : next_row(file, &point);

    if (err == MST_OK && point.value.len > MST_VALUE_MAX)
        err = fail(file, "the value is longer than 64 KiB");
    *ret_point = point;
    return err;
}
