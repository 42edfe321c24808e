/*
 * The settings file, read with inih: NAME = VALUE lines, comments, no sections.
 *
 * inih splits lines that are longer than its buffer and does not tell the line
 * number, so it is fed through a reader of our own, which refuses such lines and
 * counts. The file is read whole beforehand.
 */
#include <ini.h>

#include "base/limits.h"
#include "server/settings.h"
#include "sys/file.h"

#define FILE_MAX MST_KIB(64) /* a settings file has some forty lines */

struct load {
    struct mst_settings *settings;
    const char *path;
    struct mst_cur cur;
    unsigned line;
    bool is_bad;
    struct mst_buf *why;
};

static void fault(struct load *load, unsigned line, const char *cause)
{
    load->is_bad = true;
    (void)mst_buf_addf(load->why, "%s:%u: %s\n", load->path, line, cause);
}

static char *read_line(char *ret_line, int size, void *arg)
{
    struct load *load = arg;
    struct mst_span line;

    do {
        if (mst_cur_at_end(&load->cur))
            return NULL;
        load->line++;
        if (!mst_cur_until(&load->cur, '\n', &line))
            line = mst_cur_rest(&load->cur);
        if (line.len + 2 > (size_t)size)
            fault(load, load->line, "the line is too long; lists may go on in further lines");
        else if (mst_span_find(line, '\0', 0) != line.len)
            fault(load, load->line, "the line holds a NUL byte");
        else if (line.len > 0 && line.ptr[0] == '[') /* inih tells of it at the next setting */
            fault(load, load->line, "sections are not used here");
        else
            break;
    } while (true);
    memcpy(ret_line, line.ptr, line.len);
    ret_line[line.len] = '\n';
    ret_line[line.len + 1] = '\0';
    return ret_line;
}

static int take(void *arg, const char *section, const char *name, const char *value)
{
    struct load *load = arg;
    struct mst_buf why;

    mst_buf_init(&why, MST_KIB(8));
    if (section[0] != '\0') /* its line began with a space */
        fault(load, load->line, "sections are not used here");
    else if (mst_settings_set(load->settings, MST_FROM_FILE, mst_span_str(name),
                              mst_span_str(value), &why)) {
        load->is_bad = true;
        (void)mst_buf_addf(load->why, "%s:%u: %.*s\n", load->path, load->line, (int)why.len,
                           why.ptr ? why.ptr : "");
    }
    mst_buf_fini(&why);
    return 1;
}

enum mst_err mst_settings_load(struct mst_settings *settings, const char *path, struct mst_buf *why)
{
    struct mst_buf text;
    struct load load = {.settings = settings, .path = path, .why = why};
    enum mst_err err;
    int bad_line;

    mst_buf_init(&text, FILE_MAX);
    err = mst_file_read(path, FILE_MAX, &text);
    if (err) {
        (void)mst_buf_addf(why, "%s: cannot be read: %s\n", path, mst_err_text(err));
        goto out;
    }
    load.cur = mst_cur_of(mst_buf_span(&text));
    bad_line = ini_parse_stream(read_line, &load, take, &load);
    if (bad_line > 0)
        fault(&load, (unsigned)bad_line, "is not NAME = VALUE");
    else if (bad_line < 0)
        fault(&load, load.line, "out of memory");
    if (load.is_bad)
        err = MST_EINVAL;
out:
    mst_buf_fini(&text);
    return err;
}
