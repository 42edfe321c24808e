/*
 * cmd_store.c - "muster store": backups over the API, and the two things that are done to a store
 * that nobody serves. Those need the store itself, which only musterd knows: the tool
 * runs the musterd beside it and shows what it says.
 */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/api.h"
#include "cli/output.h"

extern char **environ;

enum { BACKUP_TIMEOUT_S = 3600, ANSWER_MAX = 4096, SAID_MAX = 2048, WORDS_MAX = 10 };

/* ---- backup ---- */

static const struct cli_field BACKUP_FIELDS[] = {
    {"path",  "backup"      },
    {"bytes", "bytes"       },
    {"ms",    "milliseconds"},
    CLI_FIELDS_END
};

static const struct cli_reason BACKUP_REASONS[] = {
    {401, "this needs the root client's CIK: give --cik-file root.cik"},
    {403, "this needs the root client's CIK: give --cik-file root.cik"},
    {409, "a backup is being made already: wait for it"               },
    {503, "the server could not make a backup: its log says why"      },
    CLI_REASONS_END
};

static enum cli_exit run_backup(struct cli *cli)
{
    struct cli_reply reply;
    json_t *object = NULL;
    enum cli_exit exit = cli_api(cli,
                                 &(struct cli_call){.who = CLI_GIVEN_CIK,
                                                    .method = "POST",
                                                    .path = "/muster/v1/backup",
                                                    .reasons = BACKUP_REASONS},
                                 &reply);

    if (exit == CLI_OK && reply.body.len > 0)
        object = json_loadb(reply.body.ptr, reply.body.len, 0, NULL);
    if (exit == CLI_OK && !json_is_string(json_object_get(object, "path")))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server");
    if (exit == CLI_OK) {
        cli_print_object(cli, object, BACKUP_FIELDS);
        if (!cli->is_json)
            (void)fputs("The key file is not in it: keep a copy of that in another place.\n",
                        cli->err);
    }
    json_decref(object);
    cli_reply_fini(&reply);
    return exit;
}

/* ---- running musterd ---- */

/* The musterd beside this program, or where PATH finds one. MUSTERD names another. */
static const char *find_musterd(char ret_path[PATH_MAX])
{
    static const char *const places[] = {"musterd", "../sbin/musterd"};
    const char *named = getenv("MUSTERD");
    char self[PATH_MAX], *slash;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (named != NULL && named[0] != '\0')
        return named;
    self[n > 0 ? n : 0] = '\0';
    slash = strrchr(self, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (snprintf(ret_path, PATH_MAX, "%s/%s", self, places[i]) < PATH_MAX &&
            access(ret_path, X_OK) == 0)
            return ret_path;
    }
    return "musterd";
}

static void read_answer(int fd, char *text, size_t max)
{
    size_t len = 0;
    ssize_t n;

    while (len < max - 1 && (n = read(fd, &text[len], max - 1 - len)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
}

/*
 * What musterd says goes where our messages go. With --json those are JSON, so it is kept in said_fd,
 * a file without a name, until it is known whether it was a failure.
 */
struct run {
    struct cli *cli;
    const char *program;
    int said_fd; /* -1: not kept */
    pid_t pid;
};

static enum cli_exit start_musterd(struct run *run, const char *const *words, int *ret_answer_fd)
{
    posix_spawn_file_actions_t actions;
    int ends[2], rc;

    if (run->cli->is_json && (run->said_fd = memfd_create("said", MFD_CLOEXEC)) < 0)
        return cli_fail(run->cli, CLI_LOCAL, "cannot keep words: %s", strerror(errno));
    if (pipe(ends) != 0)
        return cli_fail(run->cli, CLI_LOCAL, "cannot make a pipe: %s", strerror(errno));
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (run->said_fd >= 0)
        (void)posix_spawn_file_actions_adddup2(&actions, run->said_fd, STDERR_FILENO);
    (void)posix_spawn_file_actions_addclose(&actions, ends[0]);
    (void)posix_spawn_file_actions_addclose(&actions, ends[1]);
    rc = posix_spawnp(&run->pid, run->program, &actions, NULL, (char *const *)words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    *ret_answer_fd = ends[0];
    if (rc == 0)
        return CLI_OK;
    (void)close(ends[0]);
    return cli_fail(run->cli, CLI_LOCAL,
                    "cannot run %s: %s (it must be on this machine; MUSTERD names its path)",
                    run->program, strerror(rc));
}

/* As an error if it was one; gives exit back. */
static enum cli_exit pass_on_said(const struct run *run, enum cli_exit exit)
{
    char said[SAID_MAX];
    size_t len;

    if (run->said_fd < 0 || lseek(run->said_fd, 0, SEEK_SET) != 0)
        return exit;
    read_answer(run->said_fd, said, sizeof said);
    for (len = strlen(said); len > 0 && said[len - 1] == '\n'; len--)
        said[len - 1] = '\0';
    if (exit != CLI_OK)
        return cli_fail(run->cli, exit, "%s",
                        len > 0 ? said : "musterd failed and did not say why");
    if (len > 0)
        (void)fprintf(run->cli->err, "%s\n", said);
    return exit;
}

static enum cli_exit end_musterd(const struct run *run)
{
    int status = 0;

    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status))
        return cli_fail(run->cli, CLI_LOCAL, "%s was killed", run->program);
    return pass_on_said(run, WEXITSTATUS(status) == 0   ? CLI_OK
                             : WEXITSTATUS(status) == 1 ? CLI_REFUSED
                                                        : CLI_USAGE);
}

/* Runs it with its standard output going to answer. */
static enum cli_exit run_musterd(struct cli *cli, const char *const *words, char *answer)
{
    char path[PATH_MAX];
    struct run run = {.cli = cli, .program = find_musterd(path), .said_fd = -1};
    int answer_fd = -1;
    enum cli_exit exit = start_musterd(&run, words, &answer_fd);

    if (exit == CLI_OK) {
        read_answer(answer_fd, answer, ANSWER_MAX);
        (void)close(answer_fd);
        exit = end_musterd(&run);
    }
    if (run.said_fd >= 0)
        (void)close(run.said_fd);
    return exit;
}

/* What musterd did not refuse is a JSON object; with faults it comes beside the exit code. */
static enum cli_exit show_answer(struct cli *cli, enum cli_exit exit, const char *answer,
                                 const struct cli_field *fields)
{
    json_t *object = answer[0] != '\0' ? json_loads(answer, 0, NULL) : NULL;

    if (object != NULL)
        cli_print_object(cli, object, fields);
    else if (exit == CLI_OK)
        exit = cli_fail(cli, CLI_LOCAL, "musterd said nothing that can be understood");
    json_decref(object);
    return exit;
}

/* Appends --config, --data and --key_file as given. */
static void add_settings(const struct cli *cli, const char **words, size_t n)
{
    static const struct {
        const char *option, *word;
    } rows[] = {
        {"config",   "--config"  },
        {"data",     "--data"    },
        {"key-file", "--key_file"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *value = cli_options_text(&cli->options, rows[i].option);

        if (value == NULL)
            continue;
        words[n++] = rows[i].word;
        words[n++] = value;
    }
    words[n] = NULL;
}

static enum cli_exit must_name_data(struct cli *cli)
{
    if (cli_options_has(&cli->options, "data") || cli_options_has(&cli->options, "config"))
        return CLI_OK;
    return cli_fail(cli, CLI_USAGE,
                    "which directory? give --data DIR, or --config FILE with musterd's settings");
}

/* ---- restore ---- */

static const struct cli_option RESTORE_OPTIONS[] = {
    {"from",     "BACKUP", "the directory that a backup made"                                 },
    {"data",     "DIR",    "musterd's data directory: empty, or with nothing but the key file"},
    {"key-file", "FILE",   "the key file that the store was made with (muster.key in DIR)"    },
    {"config",   "FILE",   "musterd's settings file, which tells both"                        },
    CLI_OPTIONS_END
};

static const struct cli_field RESTORE_FIELDS[] = {
    {"made",       "backup made"   },
    {"bytes",      "bytes"         },
    {"closed",     "windows closed"},
    {"suspect",    "keys suspect"  },
    {"generation", "generation"    },
    CLI_FIELDS_END
};

static enum cli_exit run_restore(struct cli *cli)
{
    const char *from = cli_options_text(&cli->options, "from");
    const char *words[WORDS_MAX] = {"musterd", "--restore", from};
    char answer[ANSWER_MAX] = "";
    enum cli_exit exit = must_name_data(cli);

    if (exit == CLI_OK && from == NULL)
        exit = cli_fail(cli, CLI_USAGE, "which backup? give --from BACKUP, its directory");
    if (exit != CLI_OK)
        return exit;
    add_settings(cli, words, 3);
    exit = show_answer(cli, run_musterd(cli, words, answer), answer, RESTORE_FIELDS);
    if (exit == CLI_OK && !cli->is_json)
        (void)fputs(
            "Start musterd now. Devices that were waiting for their key are enabled again with\n"
            "'muster device reenable'; keys ended after the backup are alive again until you end\n"
            "them: the log tells of the first use of each old key (event suspect-used).\n",
            cli->err);
    return exit;
}

/* ---- check ---- */

static const struct cli_option CHECK_OPTIONS[] = {
    {"data",   "DIR",  "a data directory that no musterd uses, or a backup"},
    {"config", "FILE", "musterd's settings file, which tells the directory"},
    CLI_OPTIONS_END
};

static const struct cli_field CHECK_FIELDS[] = {
    {"kind",   "what"  },
    {"whole",  "whole" },
    {"faults", "faults"},
    CLI_FIELDS_END
};

static enum cli_exit run_check(struct cli *cli)
{
    const char *words[WORDS_MAX] = {"musterd", "--verify"};
    char answer[ANSWER_MAX] = "";
    enum cli_exit exit = must_name_data(cli);

    if (exit != CLI_OK)
        return exit;
    add_settings(cli, words, 2);
    return show_answer(cli, run_musterd(cli, words, answer), answer, CHECK_FIELDS);
}

/* ---- the table ---- */

#define BACKUP(name_)                                                                              \
    {                                                                                              \
        .name = (name_), .usage = "", .summary = "back up the store while the server works",       \
        .more =                                                                                    \
            "The server makes the backup on its own machine, below its setting backup_dir, in a\n" \
            "directory named by the time, and says where. The key file is not in it: without a "   \
            "copy\n"                                                                               \
            "of that, kept in another place, no backup is worth anything. Needs the root "         \
            "client's\n"                                                                           \
            "CIK.\n"                                                                               \
            "\n"                                                                                   \
            "Example:\n"                                                                           \
            "  muster --cik-file data/root.cik backup\n",                                          \
        .timeout_s = BACKUP_TIMEOUT_S, .run = run_backup                                           \
    }
#define RESTORE(name_)                                                                             \
    {                                                                                              \
        .name = (name_), .usage = "", .summary = "put a backup into an empty data directory",      \
        .more =                                                                                    \
            "On the machine of the store, with no musterd running on it. Nothing is overwritten. " \
            "The\n"                                                                                \
            "key file must be in place. What the backup cannot know is made harmless: every "      \
            "open\n"                                                                               \
            "window is closed, and every key that was in force then is marked as suspect and\n"    \
            "reported at its first use.\n"                                                         \
            "\n"                                                                                   \
            "Example:\n"                                                                           \
            "  muster restore --from backups/20260131T235959Z --data /var/lib/muster\n",           \
        .options = RESTORE_OPTIONS, .run = run_restore                                             \
    }
#define CHECK(name_)                                                                               \
    {                                                                                              \
        .name = (name_), .usage = "", .summary = "look whether a store or a backup is whole",      \
        .more = "On the machine of the store, with no musterd running on it; a backup can be "     \
                "looked at\n"                                                                      \
                "at any time. Reads every page, compares a backup with its hashes, and checks "    \
                "that rows\n"                                                                      \
                "agree with each other. Exit status 1 if anything is wrong. Nothing is changed.\n" \
                "\n"                                                                               \
                "Example:\n"                                                                       \
                "  muster check --data backups/20260131T235959Z\n",                                \
        .options = CHECK_OPTIONS, .run = run_check                                                 \
    }

static const struct cli_command COMMANDS[] = {BACKUP("backup"), RESTORE("restore"), CHECK("check")};
static const struct cli_command ALONE[] = {BACKUP(NULL), RESTORE(NULL), CHECK(NULL)};

const struct cli_noun cli_noun_store = {"store", "backup, restore, check", COMMANDS, 3};
const struct cli_noun cli_noun_backup = {"backup", "the same as store backup", &ALONE[0], 1};
const struct cli_noun cli_noun_restore = {"restore", "the same as store restore", &ALONE[1], 1};
const struct cli_noun cli_noun_check = {"check", "the same as store check", &ALONE[2], 1};
