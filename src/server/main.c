/* musterd: options, settings, start, the wait for a signal, end. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/version.h"
#include "server/offline.h"
#include "server/server.h"
#include "sys/log.h"
#include "sys/notify.h"

enum { WATCH_MS_MAX = 1000 };

struct options {
    const char *config;
    const char *restore; /* a backup */
    bool is_verify;
    bool is_check, is_help, is_version;
};

struct option {
    const char *name; /* without the dashes */
    char letter;
    const char *value; /* what it takes, in --help; NULL = nothing */
    const char *text;
    void (*take)(struct options *options, const char *value);
};

static void take_config(struct options *options, const char *value)
{
    options->config = value;
}

static void take_check(struct options *options, const char *value)
{
    (void)value;
    options->is_check = true;
}

static void take_restore(struct options *options, const char *value)
{
    options->restore = value;
}

static void take_verify(struct options *options, const char *value)
{
    (void)value;
    options->is_verify = true;
}

static void take_help(struct options *options, const char *value)
{
    (void)value;
    options->is_help = true;
}

static void take_version(struct options *options, const char *value)
{
    (void)value;
    options->is_version = true;
}

static void take_nothing(struct options *options, const char *value)
{
    (void)options;
    (void)value;
}

static const struct option option_table[] = {
    {"config",  'c', "FILE",       "read settings from FILE, see musterd.conf(5)",                take_config },
    {"set",     's', "NAME=VALUE", "set one setting, whatever the file says",                     take_nothing},
    {"check",   'n', NULL,         "check the settings, say ok or what is wrong, and end",        take_check  },
    {"restore", 'r', "BACKUP",     "put a backup into the empty data directory, fenced, and end",
     take_restore                                                                                             },
    {"verify",  'v', NULL,
     "look whether the store (or backup) in the data directory is whole, and end",                take_verify },
    {"help",    'h', NULL,         "show this and end",                                           take_help   },
    {"version", 'V', NULL,         "show the version and end",                                    take_version},
};
enum { OPTION_COUNT = sizeof option_table / sizeof option_table[0] };

/* One word of the command line with its value: an option of the table, or a setting. */
struct word {
    const struct option *option; /* NULL: a setting */
    struct mst_span name;
    const char *value;
};

static const struct option *find_option(struct mst_span name, bool is_letter)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &option_table[i];

        if (is_letter ? name.len == 1 && name.ptr[0] == option->letter
                      : mst_span_eq(name, mst_span_str(option->name)))
            return option;
    }
    return NULL;
}

/* Reads the word at *index and moves it on. MST_ESYNTAX with a line of *why. */
static enum mst_err next_word(char **args, int *index, struct word *ret_word, struct mst_buf *why)
{
    struct mst_span text = mst_span_str(args[*index]);
    bool is_long = mst_span_starts(text, MST_LIT("--"));
    size_t equals = is_long ? mst_span_find(text, '=', 0) : text.len;
    struct word word = {.name = mst_span_cut(text, is_long ? 2 : 1, equals)};

    if (text.len < 2 || text.ptr[0] != '-' || word.name.len == 0) {
        (void)mst_buf_addf(why, "%s: not an option\n", args[*index]);
        return MST_ESYNTAX;
    }
    word.option = find_option(word.name, !is_long);
    if (!word.option && !is_long) {
        (void)mst_buf_addf(why, "%s: no such option\n", args[*index]);
        return MST_ESYNTAX;
    }
    if (equals < text.len)
        word.value = &args[*index][equals + 1];
    if (word.option && !word.option->value && word.value) {
        (void)mst_buf_addf(why, "%s: takes no value\n", args[*index]);
        return MST_ESYNTAX;
    }
    if ((!word.option || word.option->value) && !word.value) {
        word.value = args[*index + 1];
        if (!word.value) {
            (void)mst_buf_addf(why, "%s: a value is missing\n", args[*index]);
            return MST_ESYNTAX;
        }
        (*index)++;
    }
    (*index)++;
    *ret_word = word;
    return MST_OK;
}

static enum mst_err read_options(char **args, struct options *options, struct mst_buf *why)
{
    struct word word;
    int index = 1;

    while (args[index]) {
        if (next_word(args, &index, &word, why))
            return MST_ESYNTAX;
        if (word.option)
            word.option->take(options, word.value);
    }
    return MST_OK;
}

static enum mst_err set_word(struct mst_settings *settings, const struct word *word,
                             struct mst_buf *why)
{
    struct mst_span name = word->name, value = mst_span_str(word->value);
    enum mst_err err;

    if (word->option) { /* --set */
        struct mst_cur cur = mst_cur_of(value);

        if (!mst_cur_until(&cur, '=', &name)) {
            (void)mst_buf_addf(why, "--set %s: is not NAME=VALUE\n", word->value);
            return MST_ESYNTAX;
        }
        value = mst_cur_rest(&cur);
    }
    err = mst_settings_set(settings, MST_FROM_COMMAND_LINE, mst_span_trim(name), value, why);
    if (err)
        (void)mst_buf_add_byte(why, '\n');
    return err;
}

/* Every fault of file and command line becomes a line of *why. */
static enum mst_err read_settings(char **args, const struct options *options,
                                  struct mst_settings *settings, struct mst_buf *why)
{
    struct word word;
    enum mst_err err = MST_OK;
    int index = 1;

    mst_settings_init(settings);
    if (options->config && mst_settings_load(settings, options->config, why))
        err = MST_EINVAL;
    while (args[index]) {
        if (next_word(args, &index, &word, why))
            return MST_EINVAL;
        if (word.option && word.option->take != take_nothing)
            continue;
        if (set_word(settings, &word, why))
            err = MST_EINVAL;
    }
    if (mst_settings_check(settings, why) || mst_server_check(settings, why))
        err = MST_EINVAL;
    return err;
}

static void print_help(void)
{
    struct mst_buf out;

    mst_buf_init(&out, MST_KIB(64));
    (void)mst_buf_add_str(&out, "usage: musterd [OPTION]... [--NAME VALUE]...\n"
                                "The device provisioning server of muster.\n\n"
                                "options:\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &option_table[i];

        (void)mst_buf_addf(&out, "  -%c, --%s%s%s\n      %s\n", option->letter, option->name,
                           option->value ? " " : "", option->value ? option->value : "",
                           option->text);
    }
    (void)mst_buf_add_str(&out, "\nsettings, each also as --NAME VALUE:\n");
    mst_settings_print_help(&out);
    (void)fwrite(out.ptr, 1, out.len, stdout);
    mst_buf_fini(&out);
}

/* What went wrong, each line after the program's name. */
static void complain(const struct mst_buf *why)
{
    struct mst_cur cur = mst_cur_of(mst_buf_span(why));
    struct mst_span line;

    while (!mst_cur_at_end(&cur)) {
        if (!mst_cur_until(&cur, '\n', &line))
            line = mst_cur_rest(&cur);
        (void)fprintf(stderr, "musterd: %.*s\n", (int)line.len, line.ptr);
    }
}

static void keep_private(void)
{
    (void)umask(077);
#ifndef MST_DEFECTS
    /* No core file and no debugger of the same user: memory holds the keys. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void block_signals(sigset_t *ret_ending)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(ret_ending);
    (void)sigaddset(ret_ending, SIGTERM);
    (void)sigaddset(ret_ending, SIGINT);
    (void)sigaddset(ret_ending, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, ret_ending, NULL);
}

/* Until a signal comes: looks after the server, and tells the watchdog as long as it works. */
static void watch_until(const sigset_t *ending, struct mst_server *server,
                        const struct mst_settings *settings)
{
    uint64_t watchdog_ms = mst_notify_watchdog_ms();
    uint64_t pause_ms = (uint64_t)settings->stall_timeout_ms / 4;
    bool is_well = true;

    if (watchdog_ms > 0 && pause_ms > watchdog_ms / 3)
        pause_ms = watchdog_ms / 3;
    if (pause_ms > WATCH_MS_MAX)
        pause_ms = WATCH_MS_MAX;
    const struct timespec pause = {.tv_sec = (time_t)(pause_ms / 1000),
                                   .tv_nsec = (long)(pause_ms % 1000) * 1000000};
    while (sigtimedwait(ending, NULL, &pause) < 0) {
        bool was_well = is_well;

        is_well = mst_server_look(server);
        if (is_well && watchdog_ms > 0)
            (void)mst_notify("WATCHDOG=1");
        if (is_well != was_well)
            mst_log(is_well ? MST_LOG_INFO : MST_LOG_ERROR, MST_EV_HEALTH, "%s",
                    is_well ? "all moves on again" : mst_server_problem(server));
    }
}

/* The result goes to standard output as one line of JSON, also with faults; words go to standard error. */
static int work_offline(const struct mst_settings *settings, const struct options *options,
                        struct mst_buf *why)
{
    struct mst_buf out;
    enum mst_err err;

    mst_log_set_level((enum mst_log_level)settings->log_level);
    keep_private();
    mst_buf_init(&out, MST_KIB(8));
    err = options->restore ? mst_restore(settings, options->restore, &out, why)
                           : mst_verify(settings, &out, why);
    complain(why);
    if (out.len > 0)
        (void)printf("%.*s\n", (int)out.len, out.ptr);
    mst_buf_fini(&out);
    return err == MST_OK ? MST_EXIT_OK : MST_EXIT_START;
}

static int serve(const struct mst_settings *settings, struct mst_buf *why)
{
    struct mst_server *server;
    struct mst_buf line;
    sigset_t ending;

    mst_log_set_level((enum mst_log_level)settings->log_level);
    keep_private();
    block_signals(&ending);
    if (mst_server_start(settings, &server, why)) {
        complain(why);
        return MST_EXIT_START;
    }
    mst_buf_init(&line, MST_KIB(8));
    mst_server_print_ready(server, &line);
    mst_log(MST_LOG_INFO, MST_EV_START, "musterd " MST_VERSION " %.*s", (int)line.len, line.ptr);
    (void)printf("%.*s\n", (int)line.len, line.ptr);
    (void)fflush(stdout);
    mst_buf_fini(&line);
    (void)mst_notify("READY=1");
    watch_until(&ending, server, settings);
    (void)mst_notify("STOPPING=1");
    mst_server_stop(server);
    return MST_EXIT_OK;
}

int main(int argc, char **argv)
{
    static struct mst_settings settings; /* large: lists and paths lie inside */
    struct options options = {.config = NULL};
    struct mst_buf why;
    int status = MST_EXIT_OPTIONS;

    (void)argc;
    mst_buf_init(&why, MST_KIB(64));
    if (read_options(argv, &options, &why)) {
        complain(&why);
    } else if (options.is_help) {
        print_help();
        status = MST_EXIT_OK;
    } else if (options.is_version) {
        (void)printf("musterd " MST_VERSION "\n");
        status = MST_EXIT_OK;
    } else if (read_settings(argv, &options, &settings, &why)) {
        complain(&why);
    } else if (options.is_check) {
        (void)printf("ok\n");
        status = MST_EXIT_OK;
    } else if (options.restore || options.is_verify) {
        status = work_offline(&settings, &options, &why);
    } else {
        status = serve(&settings, &why);
    }
    mst_buf_fini(&why);
    return status;
}
