#include "cli/why.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/output.h"
#include "cli/ranges.h"
#include "cli/status.h"
#include "wire/ranges_json.h"

enum { TEXT_MAX = 1024, TIME_TEXT = 32, QUERY_MAX = 4096 };

static const struct cli_reason REASONS[] = {
    {400, "vendor, model and serial number must not be empty"                  },
    {403, "that is another vendor's model, and it was not shared with this one"},
    {404, "the server does not know this call: is it an older muster?"         },
    CLI_REASONS_END
};

/* ---- asking ---- */

static enum cli_exit ask(struct cli *cli, const char *vendor, const char *model, const char *sn,
                         bool is_aside, json_t **ret_answer)
{
    struct cli_reply reply;
    struct mst_buf query;
    enum cli_exit exit;

    *ret_answer = NULL;
    mst_buf_init(&query, QUERY_MAX);
    (void)mst_buf_add_byte(&query, '?');
    if (vendor != NULL)
        cli_form_add_str(&query, "vendor", vendor);
    cli_form_add_str(&query, "model", model);
    cli_form_add_str(&query, "sn", sn);
    (void)mst_buf_add_byte(&query, '\0');
    if (mst_buf_err(&query) != MST_OK) {
        mst_buf_fini(&query);
        return cli_fail(cli, CLI_USAGE, "the names are too long");
    }
    exit = cli_api(cli,
                   &(struct cli_call){.who = CLI_VENDOR,
                                      .method = "GET",
                                      .path = "/muster/v1/why",
                                      .tail = query.ptr,
                                      .subject = sn,
                                      .reasons = REASONS,
                                      .is_aside = is_aside},
                   &reply);
    if (exit == CLI_OK)
        *ret_answer = json_loadb(reply.body.ptr, reply.body.len, 0, NULL);
    if (exit == CLI_OK && !json_is_object(*ret_answer))
        exit = is_aside ? CLI_REFUSED : cli_fail(cli, CLI_SERVER, "the reply does not say why");
    cli_reply_fini(&reply);
    mst_buf_fini(&query);
    return exit;
}

enum cli_exit cli_why_get(struct cli *cli, const char *vendor, const char *model, const char *sn,
                          json_t **ret_answer)
{
    return ask(cli, vendor, model, sn, false, ret_answer);
}

/* Why was a call refused? Of the vendor that it named, as the call itself. */
static bool ask_aside(struct cli *cli, const char *model, const char *sn, json_t **ret_answer)
{
    return ask(cli, cli_options_text(&cli->options, "vendor"), model, sn, true, ret_answer) ==
           CLI_OK;
}

static const char *text_of(const json_t *answer, const char *key)
{
    return json_string_value(json_object_get(answer, key));
}

static bool is_verdict(const json_t *answer, const char *word)
{
    const char *verdict = text_of(answer, "verdict");

    return verdict != NULL && strcmp(verdict, word) == 0;
}

static bool number_of(const json_t *answer, const char *key, int64_t *ret_value)
{
    const json_t *value = json_object_get(answer, key);

    *ret_value = json_integer_value(value);
    return json_is_integer(value);
}

/* ---- conflicts ---- */

/* "it has a device already: RID ..., since ..., notactivated"; false: it has none. */
static bool add_device(struct mst_buf *out, const json_t *answer)
{
    const char *rid = text_of(answer, "rid"), *status = text_of(answer, "client_status");
    char since[TIME_TEXT] = "?";
    int64_t created;

    if (rid == NULL)
        return false;
    if (number_of(answer, "created", &created))
        cli_time_text(created, since, sizeof since);
    (void)mst_buf_addf(out, "it has a device already: RID %s, since %s, %s", rid, since,
                       status != NULL ? status : "?");
    return true;
}

/* A range has it in it, but to give it a device it would have to be listed, and another model does. */
static bool add_elsewhere(struct mst_buf *out, const char *model, const json_t *answer)
{
    const char *other = text_of(answer, "listed_under");

    if (other == NULL)
        return false;
    (void)mst_buf_addf(out,
                       "only a range of %s has it in it, and the model %s of the vendor lists it: "
                       "enable it there, or take it off that list ('muster sn delete')",
                       model, other);
    return true;
}

/* who: "", or "0001: ", which has no device. */
static void add_no_device(struct mst_buf *out, const char *who, const json_t *answer)
{
    if (is_verdict(answer, "not-enabled"))
        (void)mst_buf_addf(
            out, "%sit was never added to an owner: 'muster device enable' does that", who);
    else if (is_verdict(answer, "orphaned"))
        (void)mst_buf_addf(out, "%sits client was dropped: 'muster device enable' makes a new one",
                           who);
}

void cli_why_not_enabled(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text)
{
    const char *model = call->names[0];
    json_t *answer;

    if (!ask_aside(cli, model, call->names[1], &answer))
        return;
    if (add_device(ret_text, answer))
        (void)mst_buf_add_str(ret_text, "; 'muster device reenable' gives it a new key");
    else if (json_is_true(json_object_get(answer, "template_gone")))
        (void)mst_buf_addf(ret_text,
                           "the template of %s was dropped, or its share code revoked: give it "
                           "another with 'muster model set "
                           "%s --template RID'",
                           model, model);
    else if (!add_elsewhere(ret_text, model, answer))
        (void)mst_buf_addf(ret_text, "the owner has no room for one more client (its limits)%s",
                           is_verdict(answer, "unknown-serial")
                               ? ", or the model's template is gone, which its vendor can tell"
                               : "");
    json_decref(answer);
}

void cli_why_not_reenabled(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text)
{
    json_t *answer;

    if (ask_aside(cli, call->names[0], call->names[1], &answer))
        add_no_device(ret_text, "", answer);
    json_decref(answer);
}

void cli_why_not_moved(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text)
{
    const char *model = call->names[0], *old_sn = cli->options.operands[1];
    char who[MST_SN_MAX + 3];
    json_t *answer;
    bool is_known;

    if (!ask_aside(cli, model, call->names[1], &answer))
        return;
    is_known = add_device(ret_text, answer) || add_elsewhere(ret_text, model, answer);
    json_decref(answer);
    if (is_known || !ask_aside(cli, model, old_sn, &answer))
        return;
    (void)snprintf(who, sizeof who, "%s: ", old_sn);
    add_no_device(ret_text, who, answer);
    json_decref(answer);
}

/* ---- showing ---- */

/* What is shown, each only if there is something to show. */
static const struct cli_field FIELDS[] = {
    {"serial",        "serial number"   },
    {"verdict",       "verdict"         },
    {"status",        "a device is told"},
    {"text",          "meaning"         },
    {"near",          "almost the same" },
    {"in_range",      "in the range"    },
    {"listed_under",  "listed under"    },
    {"window",        "window"          },
    {"activated",     "activated"       },
    {"advice",        "what to do"      },
    {"rid",           "RID"             },
    {"since",         "device since"    },
    {"client_status", "key"             },
    CLI_FIELDS_END
};
enum { FIELDS_MAX = sizeof FIELDS / sizeof FIELDS[0] };

/* "23 h 59 min", "45 s" */
static void say_duration(int64_t seconds, char *ret_text, size_t max)
{
    if (seconds >= 3600)
        (void)snprintf(ret_text, max, "%lld h %lld min", (long long)seconds / 3600,
                       (long long)seconds / 60 % 60);
    else if (seconds >= 60)
        (void)snprintf(ret_text, max, "%lld min %lld s", (long long)seconds / 60,
                       (long long)seconds % 60);
    else
        (void)snprintf(ret_text, max, "%lld s", (long long)seconds);
}

static bool set_text(json_t *shown, const char *key, const char *text)
{
    return text == NULL || cli_json_set(shown, key, mst_span_str(text));
}

static bool set_times(json_t *shown, const json_t *answer)
{
    const char *from = text_of(answer, "activated_from");
    char at[TIME_TEXT], left[TIME_TEXT], text[TEXT_MAX];
    bool is_good = true;
    int64_t deadline, seconds;

    if (number_of(answer, "deadline", &deadline) && number_of(answer, "seconds_left", &seconds)) {
        cli_time_text(deadline, at, sizeof at);
        say_duration(seconds, left, sizeof left);
        if (seconds > 0)
            (void)snprintf(text, sizeof text, "open for another %s, until %s", left, at);
        else
            (void)snprintf(text, sizeof text, "over since %s", at);
        is_good = set_text(shown, "window", text);
    }
    if (is_good && number_of(answer, "activated_at", &seconds)) {
        cli_time_text(seconds, at, sizeof at);
        if (from != NULL && strcmp(from, "imported") == 0)
            (void)snprintf(text, sizeof text, "%s by an import of its key", at);
        else
            (void)snprintf(text, sizeof text, "%s from %s", at, from != NULL ? from : "?");
        is_good = set_text(shown, "activated", text);
    }
    if (is_good && number_of(answer, "created", &seconds)) {
        cli_time_text(seconds, at, sizeof at);
        is_good = set_text(shown, "since", at);
    }
    return is_good;
}

static bool set_near(json_t *shown, const json_t *answer)
{
    static const struct {
        const char *key, *what;
    } nears[] = {
        {"near_vendor", "the vendor"       },
        {"near_model",  "the model"        },
        {"near_sn",     "the serial number"}
    };
    char text[TEXT_MAX];

    for (size_t i = 0; i < sizeof nears / sizeof nears[0]; i++) {
        const char *near = text_of(answer, nears[i].key);

        if (near == NULL)
            continue;
        (void)snprintf(text, sizeof text, "%s %s is known: every character counts", nears[i].what,
                       near);
        return set_text(shown, "near", text);
    }
    return true;
}

/* It is known by a range, and stands in no list. */
static bool set_range(json_t *shown, json_t *answer)
{
    json_t *range = json_object_get(answer, "range");
    json_t *list = range != NULL ? json_pack("[O]", range) : NULL;
    char *json = list != NULL ? json_dumps(list, JSON_COMPACT) : NULL;
    struct mst_sn_range *items;
    struct mst_arena arena;
    struct mst_buf text;
    bool is_good = range == NULL || json != NULL;
    size_t n = 0;

    mst_arena_init(&arena, MST_REQUEST_ARENA_MAX);
    mst_buf_init(&text, TEXT_MAX);
    if (json != NULL && mst_ranges_json_read(mst_span_str(json), &arena, 1, &items, &n) == MST_OK &&
        n == 1) {
        cli_ranges_say(&text, items);
        is_good =
            mst_buf_err(&text) == MST_OK && cli_json_set(shown, "in_range", mst_buf_span(&text));
    }
    mst_buf_fini(&text);
    mst_arena_fini(&arena);
    free(json);
    json_decref(list);
    return is_good;
}

static bool translate(json_t *shown, const char *model, const char *sn, json_t *answer)
{
    static const char *const same[] = {"verdict", "text",         "advice",
                                       "rid",     "listed_under", "client_status"};
    char text[TEXT_MAX];
    bool is_good = shown != NULL;

    (void)snprintf(text, sizeof text, "%s %s", model, sn);
    is_good = is_good && set_text(shown, "serial", text);
    for (size_t i = 0; i < sizeof same / sizeof same[0] && is_good; i++)
        is_good = set_text(shown, same[i], text_of(answer, same[i]));
    is_good = is_good && json_object_set(shown, "status", json_object_get(answer, "status")) == 0 &&
              set_near(shown, answer) && set_range(shown, answer) && set_times(shown, answer);
    return is_good;
}

enum cli_exit cli_why_show(struct cli *cli, const char *model, const char *sn, json_t *answer)
{
    struct cli_field fields[FIELDS_MAX] = {CLI_FIELDS_END};
    json_t *shown = json_object();
    enum cli_exit exit = CLI_OK;
    size_t n = 0;

    if (cli->is_json) {
        cli_print_object(cli, answer, NULL);
    } else if (!translate(shown, model, sn, answer)) {
        exit = cli_no_memory(cli);
    } else {
        for (size_t i = 0; FIELDS[i].key != NULL; i++)
            if (json_object_get(shown, FIELDS[i].key) != NULL)
                fields[n++] = FIELDS[i];
        fields[n] = (struct cli_field)CLI_FIELDS_END;
        cli_print_object(cli, shown, fields);
    }
    json_decref(shown);
    return exit;
}
