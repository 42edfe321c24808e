/*
 * data_follow.c - "muster data follow": a value for each line, as it comes (protocol.md 2.12.4).
 *
 * Each call waits at the server for the first point behind the last one shown. A server that knows no
 * waiting answers at once with the latest value and without its date: then it is asked once in
 * --interval, and what differs from before is shown.
 *
 * A server that has answered once and then goes away is waited for: it is asked again after half a second, a
 * second, two and so on. What came in between has later times than what was shown last, so it is neither
 * missed nor shown twice. The first call does not wait, so that a server that never was there is told at once.
 */
#include "cli/data.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/status.h"
#include "cli/when.h"
#include "sys/clock.h"
#include "sys/random.h"
#include "wire/httpdate.h"

enum {
    WAIT_S = 30,
    FIRST_WAIT_MS = 1,
    CALL_S_MAX = 3600,
    WAIT_S_MAX = 300, /* the server's */
    INTERVAL_S_MAX = 86400,
    AWAY_MS = 500, /* until it is asked again, at first ... */
    AWAY_MS_MAX = 30000,
    VALUE_TEXT_MAX = 1 << 20,
    LINE_MAX_CHARS = 64,
    PATH_MAX_CHARS = 2048
};

struct follow {
    struct cli *cli;
    const char *alias;
    char path[PATH_MAX_CHARS];
    int64_t since; /* Unix seconds */
    uint64_t wait_s, interval_s, n_wanted, n_shown;
    bool is_polling;               /* the server does not wait */
    bool has_answered, is_leaving; /* once; when the server does (--no-reconnect) */
    uint64_t away_ms;              /* since it is away; 0: it is not */
    bool has_last;
    struct mst_buf last, now; /* values, decoded */
};

const struct cli_option CLI_FOLLOW_OPTIONS[] = {
    {"since",        "WHEN",    "begin with the first value after this moment (now): 2026-12-31, 15m"},
    {"count",        "N",       "end after so many values (never)"                                   },
    {"interval",     "SECONDS", "how often to ask a server that does not wait for values (1)"        },
    {"no-reconnect", NULL,      "end when the server goes away, instead of waiting for it"           },
    CLI_OPTIONS_END
};

/* Each line is out when it is complete, so nothing is lost; and that somebody has seen enough is no fault. */
static void end_here(int signal)
{
    (void)signal;
    _exit(CLI_OK);
}

static void end_at_signals(void)
{
    struct sigaction action = {.sa_handler = end_here};

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static enum cli_exit show(struct follow *follow, int64_t at)
{
    struct cli *cli = follow->cli;
    struct mst_span value = mst_buf_span(&follow->now);
    char time[LINE_MAX_CHARS];

    if (cli->is_json) {
        json_t *line = json_pack("{s:I, s:o}", "ts", (json_int_t)at, "value", cli_json_text(value));

        if (line == NULL)
            return cli_no_memory(cli);
        (void)json_dumpf(line, cli->out, JSON_COMPACT);
        json_decref(line);
    } else {
        cli_time_text(at, time, sizeof time);
        (void)fprintf(cli->out, "%s  ", time);
        cli_print_clean(cli->out, value);
    }
    (void)fputc('\n', cli->out);
    follow->n_shown++;
    if (fflush(cli->out) != 0)
        return cli_fail(cli, CLI_LOCAL, "cannot write the output");
    return CLI_OK;
}

static int this_year(void)
{
    time_t now = (time_t)mst_clock_wall_s();
    struct tm tm;

    return gmtime_r(&now, &tm) != NULL ? tm.tm_year + 1900 : 1970;
}

/* The value that the reply tells is in now; is it one to show? */
static bool is_news(const struct follow *follow)
{
    return !follow->is_polling || (follow->has_last && !mst_span_eq(mst_buf_span(&follow->now),
                                                                    mst_buf_span(&follow->last)));
}

static enum cli_exit take_reply(struct follow *follow, const struct cli_reply *reply)
{
    struct mst_buf before = follow->last;
    int64_t at = mst_clock_wall_s();
    enum cli_exit exit = CLI_OK;
    struct mst_span item;

    follow->is_polling = reply->status != 304 && reply->modified[0] == '\0';
    if (!cli_data_find(mst_buf_span(&reply->body), mst_span_str(follow->alias), &item))
        return CLI_OK;
    cli_data_decode(mst_span_cut(item, mst_span_find(item, '=', 0) + 1, item.len), &follow->now);
    if (mst_buf_err(&follow->now) != MST_OK)
        return cli_no_memory(follow->cli);
    if (!follow->is_polling &&
        mst_httpdate_parse(mst_span_str(reply->modified), this_year(), &at) != MST_OK)
        return cli_fail(follow->cli, CLI_SERVER, "the reply tells no date");
    if (is_news(follow))
        exit = show(follow, at);
    follow->since = at;
    follow->has_last = true;
    follow->last = follow->now;
    follow->now = before;
    return exit;
}

/* As long as it asks for, and some time: twice as much as before, but not the same for all who wait for this server. */
static void wait_for_server(struct follow *follow, const char *why, uint64_t asked_s)
{
    if (follow->away_ms == 0) {
        cli_warn(follow->cli, "%s: waiting for the server to come back", why);
        follow->away_ms = AWAY_MS;
    }
    cli_wait(asked_s * 1000 + follow->away_ms / 2 + mst_random_u64() % (follow->away_ms / 2));
    follow->away_ms = follow->away_ms * 2 < AWAY_MS_MAX ? follow->away_ms * 2 : AWAY_MS_MAX;
}

static enum cli_exit take_answer(struct follow *follow, const struct cli_reply *reply)
{
    if (follow->away_ms > 0)
        cli_warn(follow->cli, "the server is back");
    follow->away_ms = 0;
    follow->has_answered = true;
    return take_reply(follow, reply);
}

static enum cli_exit ask(struct follow *follow)
{
    char wait[LINE_MAX_CHARS], since[LINE_MAX_CHARS], away[CLI_WHY_MAX] = "";
    bool is_awaited = follow->has_answered && !follow->is_leaving;
    struct cli_reply reply;
    enum cli_exit exit;

    (void)snprintf(wait, sizeof wait, "Request-Timeout: %llu",
                   follow->has_answered ? (unsigned long long)follow->wait_s * 1000
                                        : FIRST_WAIT_MS);
    (void)snprintf(since, sizeof since, "If-Modified-Since: %lld", (long long)follow->since);
    exit = cli_api(follow->cli,
                   &(struct cli_call){
                       .who = CLI_GIVEN_CIK,
                       .method = "GET",
                       .path = follow->path,
                       .reasons = CLI_DATA_REASONS,
                       .headers = {wait, since},
                       .also = {304   },
                       .away = is_awaited ? away : NULL,
    },
                   &reply);
    if (exit == CLI_OK)
        exit = take_answer(follow, &reply);
    cli_reply_fini(&reply);
    if (away[0] == '\0')
        return exit;
    wait_for_server(follow, away, reply.retry_after_s);
    return CLI_OK;
}

/* How long a call waits at the server: well within the time that it may take. */
static enum cli_exit read_options(struct follow *follow)
{
    struct cli *cli = follow->cli;
    struct cli_options *options = &cli->options;
    const char *since = cli_options_text(options, "since");
    uint64_t call_s = 0;

    if (cli_options_number(options, "count", 1, UINT64_MAX, 0, &follow->n_wanted) != MST_OK ||
        cli_options_number(options, "interval", 1, INTERVAL_S_MAX, 1, &follow->interval_s) !=
            MST_OK ||
        cli_options_number(options, "timeout", 1, CALL_S_MAX, 2 * WAIT_S, &call_s) != MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", options->problem);
    follow->is_leaving = cli_options_has(options, "no-reconnect");
    follow->wait_s = call_s / 2 < WAIT_S_MAX ? (call_s + 1) / 2 : WAIT_S_MAX;
    follow->since = mst_clock_wall_s();
    if (since != NULL &&
        cli_when_past(mst_span_str(since), follow->since, &follow->since) != MST_OK)
        return cli_fail(cli, CLI_USAGE,
                        "--since: it looks like 2026-12-31, 15m (ago) or 1798675199, not %s",
                        since);
    return CLI_OK;
}

static enum cli_exit make_path(struct follow *follow)
{
    struct mst_buf path;
    enum mst_err err;

    mst_buf_init(&path, sizeof follow->path);
    (void)mst_buf_addf(&path, "%s?", CLI_ALIAS_PATH);
    cli_url_add(&path, mst_span_str(follow->alias));
    (void)mst_buf_add_byte(&path, '\0');
    err = mst_buf_err(&path);
    if (err == MST_OK)
        memcpy(follow->path, path.ptr, path.len);
    mst_buf_fini(&path);
    return err == MST_OK ? CLI_OK : cli_fail(follow->cli, CLI_USAGE, "the alias is too long");
}

enum cli_exit cli_data_follow(struct cli *cli)
{
    struct follow follow = {.cli = cli, .alias = cli->options.operands[0]};
    enum cli_exit exit = read_options(&follow);

    if (exit == CLI_OK)
        exit = make_path(&follow);
    mst_buf_init(&follow.last, VALUE_TEXT_MAX);
    mst_buf_init(&follow.now, VALUE_TEXT_MAX);
    end_at_signals();
    while (exit == CLI_OK && (follow.n_wanted == 0 || follow.n_shown < follow.n_wanted)) {
        exit = ask(&follow);
        if (exit == CLI_OK && follow.is_polling && follow.away_ms == 0)
            cli_wait(follow.interval_s * 1000);
    }
    mst_buf_fini(&follow.last);
    mst_buf_fini(&follow.now);
    return exit;
}
