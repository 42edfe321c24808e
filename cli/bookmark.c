#include "cli/bookmark.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LEN_MAX = 4096 };

/* Numbers of 64 bits: JSON has them as text, for integers of jansson are signed. */
struct number {
    const char *name;
    uint64_t *value;
};
enum { NUMBERS = 10 };

static void numbers_of(struct cli_bookmark *bookmark, struct number ret[NUMBERS])
{
    const struct number numbers[NUMBERS] = {
        {"offset",      &bookmark->done.offset  },
        {"line",        &bookmark->done.line    },
        {"hash",        &bookmark->done.hash    },
        {"sent",        &bookmark->sent         },
        {"error_bytes", &bookmark->error_bytes  },
        {"rows",        &bookmark->tally.rows   },
        {"added",       &bookmark->tally.added  },
        {"listed",      &bookmark->tally.listed },
        {"resent",      &bookmark->tally.resent },
        {"refused",     &bookmark->tally.refused},
    };

    memcpy(ret, numbers, sizeof numbers);
}

static bool take(const json_t *json, struct cli_bookmark *bookmark)
{
    struct cli_bookmark found = *bookmark;
    struct number numbers[NUMBERS];

    numbers_of(&found, numbers);
    for (size_t i = 0; i < NUMBERS; i++) {
        const char *text = json_string_value(json_object_get(json, numbers[i].name));

        if (text == NULL ||
            mst_span_u64(mst_span_str(text), UINT64_MAX, numbers[i].value) != MST_OK)
            return false;
    }
    *bookmark = found;
    return true;
}

enum cli_exit cli_bookmark_read(struct cli *cli, struct cli_bookmark *bookmark)
{
    FILE *file = bookmark->path != NULL ? fopen(bookmark->path, "re") : NULL;
    json_t *json;

    if (file == NULL && bookmark->path != NULL && errno != ENOENT)
        return cli_fail(cli, CLI_LOCAL, "cannot read %s: %s", bookmark->path, strerror(errno));
    if (file == NULL)
        return CLI_OK;
    json = json_loadf(file, 0, NULL);
    (void)fclose(file);
    if (!json_equal(json_object_get(json, "of"), bookmark->of))
        cli_warn(cli,
                 "%s belongs to an import of something else, or the file was changed since: this "
                 "one begins at the beginning",
                 bookmark->path);
    else if (!take(json, bookmark))
        cli_warn(cli, "%s is damaged: the import begins at the beginning", bookmark->path);
    json_decref(json);
    return CLI_OK;
}

static json_t *to_json(const struct cli_bookmark *bookmark)
{
    struct cli_bookmark copy = *bookmark;
    struct number numbers[NUMBERS];
    json_t *json = json_pack("{s:O}", "of", bookmark->of);
    char text[24];

    numbers_of(&copy, numbers);
    for (size_t i = 0; i < NUMBERS && json != NULL; i++) {
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)*numbers[i].value);
        if (json_object_set_new(json, numbers[i].name, json_string(text)) != 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

/*
 * Not flushed to the disk: what a kill leaves is whole, and what a power cut leaves is old, or no
 * bookmark, which costs time only.
 */
enum cli_exit cli_bookmark_write(struct cli *cli, const struct cli_bookmark *bookmark)
{
    char fresh[PATH_LEN_MAX];
    json_t *json;
    FILE *file;
    bool is_good;

    if (bookmark->path == NULL)
        return CLI_OK;
    if (snprintf(fresh, sizeof fresh, "%s.new", bookmark->path) >= PATH_LEN_MAX)
        return cli_fail(cli, CLI_USAGE, "the name of the bookmark is too long");
    json = to_json(bookmark);
    if (json == NULL)
        return cli_no_memory(cli);
    file = fopen(fresh, "we");
    is_good = file != NULL && json_dumpf(json, file, JSON_INDENT(1)) == 0 && fputc('\n', file) >= 0;
    json_decref(json);
    if (file != NULL)
        is_good = fclose(file) == 0 && is_good;
    if (is_good && rename(fresh, bookmark->path) == 0)
        return CLI_OK;
    (void)cli_fail(cli, CLI_LOCAL,
                   "cannot write %s, which tells the next run how far this one came: %s; "
                   "--bookmark FILE puts it elsewhere",
                   bookmark->path, strerror(errno));
    (void)unlink(fresh);
    return CLI_LOCAL;
}

enum cli_exit cli_bookmark_remove(struct cli *cli, const struct cli_bookmark *bookmark)
{
    if (bookmark->path == NULL || unlink(bookmark->path) == 0 || errno == ENOENT)
        return CLI_OK;
    return cli_fail(cli, CLI_LOCAL, "cannot remove %s: %s", bookmark->path, strerror(errno));
}
