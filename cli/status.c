#include "cli/status.h"

#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "cli/csv.h"
#include "cli/listed.h"
#include "cli/output.h"

/* The server's word, and what it means to people. */
static const struct {
    const char *word;
    const char *meaning;
} WORDS[] = {
    {"unused",       "listed, but not added to an owner yet: 'muster device enable'"},
    {"notactivated", "waiting for the device to call in"                            },
    {"activated",    "the device has its key"                                       },
    {"expired",      "its window is over, or it was disabled: 'muster device reenable' opens a new "
                "one"                                                },
    {"locked",       "locked by its owner"                                          },
    {"orphaned",     "its client was dropped: 'muster device enable' makes a new one, 'muster sn "
                 "delete' frees the serial number"                  },
};

static const struct cli_reason REASONS[] = {
    {404, "no such serial number of this model: see 'muster sn list', add it with 'muster sn add'"},
    CLI_REASONS_END
};

static const struct cli_field FIELDS[] = {
    {"sn",      "serial number"},
    {"status",  "status"       },
    {"meaning", "meaning"      },
    {"rid",     "RID"          },
    {"extra",   "text"         },
    CLI_FIELDS_END
};

static const struct cli_field FIELDS_NO_DEVICE[] = {
    {"sn",      "serial number"},
    {"status",  "status"       },
    {"meaning", "meaning"      },
    {"rid",     "RID"          },
    CLI_FIELDS_END
};

void cli_time_text(int64_t at, char *ret_text, size_t max)
{
    time_t seconds = (time_t)at;
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL || strftime(ret_text, max, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
        (void)snprintf(ret_text, max, "%lld", (long long)at);
}

static const char *known_word(struct mst_span word)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (mst_span_eq(word, mst_span_str(WORDS[i].word)))
            return WORDS[i].word;
    }
    return NULL;
}

static enum cli_exit take_row(struct cli *cli, struct mst_span body, struct cli_status *ret)
{
    struct cli_csv csv;
    struct cli_csv_row row;
    enum cli_exit exit = CLI_OK;

    cli_csv_init(&csv, body);
    if (cli_csv_next(&csv, &row) != MST_OK || row.n_fields < 3 ||
        (ret->word = known_word(row.fields[0])) == NULL) {
        exit = cli_fail(cli, CLI_SERVER, "the reply does not tell a status");
    } else {
        ret->has_rid = row.fields[1].len == MST_HANDLE_CHARS;
        if (ret->has_rid)
            memcpy(ret->rid, row.fields[1].ptr, MST_HANDLE_CHARS);
        (void)mst_buf_add(&ret->extra, row.fields[2]);
        ret->has_extra = true;
    }
    cli_csv_fini(&csv);
    return exit;
}

enum cli_exit cli_status_get(struct cli *cli, const char *model, const char *sn,
                             struct cli_status *ret_status)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_listed_call(
        cli,
        &(struct cli_call){
            .method = "GET", .names = {model, sn},
                 .reasons = REASONS, .also = {409    }
    },
        &reply);

    *ret_status = (struct cli_status){.model = model, .sn = sn};
    mst_buf_init(&ret_status->extra, MST_KIB(64));
    if (exit == CLI_OK && reply.status == 204)
        ret_status->word = "unused";
    else if (exit == CLI_OK && reply.status == 409)
        ret_status->word = "orphaned";
    else if (exit == CLI_OK)
        exit = take_row(cli, mst_buf_span(&reply.body), ret_status);
    cli_reply_fini(&reply);
    return exit;
}

void cli_status_fini(struct cli_status *status)
{
    mst_buf_fini(&status->extra);
}

enum cli_exit cli_status_show(struct cli *cli, const struct cli_status *status)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s?}", "model", status->model, "sn", status->sn,
                               "status", status->word, "rid", status->has_rid ? status->rid : NULL);
    bool is_good = object != NULL;

    if (is_good && status->has_extra)
        is_good = cli_json_set(object, "extra", mst_buf_span(&status->extra));

    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0] && !cli->is_json; i++) {
        if (strcmp(WORDS[i].word, status->word) == 0)
            is_good = is_good && cli_json_set(object, "meaning", mst_span_str(WORDS[i].meaning));
    }
    if (is_good)
        cli_print_object(cli, object, status->has_extra ? FIELDS : FIELDS_NO_DEVICE);
    json_decref(object);
    return is_good ? CLI_OK : cli_no_memory(cli);
}
