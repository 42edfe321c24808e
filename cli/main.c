/* main.c - muster: finds the command, reads what it is given, runs it. */
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"
#include "cli/cli.h"
#include "cli/http.h"
#include "cli/profile.h"

enum { PATH_TEXT_MAX = 4096, NAMES_MAX = 1024 };

/* ---- help ------------------------------------------------------------------------------- */

static void print_options(FILE *out, const struct cli_option *options)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o = &o[1]) {
        char left[64];

        (void)snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg != NULL ? " " : "",
                       o->arg != NULL ? o->arg : "");
        (void)fprintf(out, "  %-22s %s\n", left, o->text);
    }
}

static void help_all(FILE *out)
{
    (void)fprintf(out,
                  "usage: muster [options] COMMAND ...\n\n"
                  "Provisions devices on a muster server: a device that knows its vendor, model "
                  "and serial\nnumber calls in once and gets its key.\n\ncommands:\n");
    for (size_t i = 0; i < cli_nouns_count; i++)
        (void)fprintf(out, "  %-11s %s\n", cli_nouns[i]->name, cli_nouns[i]->summary);
    (void)fprintf(out, "\noptions of every command:\n");
    print_options(out, cli_global_options);
    (void)fprintf(out,
                  "  %-22s %s\n"
                  "\nexit status: 0 done, 1 refused by the server, 2 wrong command line, 3 no "
                  "server or no answer,\n4 trouble in the server, 5 trouble on this machine\n"
                  "\nbegin with: muster init --help\n",
                  "--help", "help; also after a command");
}

static void help_noun(FILE *out, const struct cli_noun *noun)
{
    (void)fprintf(out, "muster %s - %s\n\n", noun->name, noun->summary);
    for (size_t i = 0; i < noun->n_commands; i++) {
        const struct cli_command *c = &noun->commands[i];

        (void)fprintf(out, "  muster %s %s %s\n      %s\n", noun->name, c->name, c->usage,
                      c->summary);
    }
    (void)fprintf(out, "\n'muster %s COMMAND --help' tells more.\n", noun->name);
}

static void help_command(const struct cli *cli, FILE *out)
{
    const struct cli_command *c = cli->command;

    (void)fprintf(out, "usage: muster %s %s%s[options]\n\n%s.\n%s%s\n", cli->command_name, c->usage,
                  c->usage[0] != '\0' ? " " : "", c->summary, c->more[0] != '\0' ? "\n" : "",
                  c->more);
    if (c->options != NULL) {
        (void)fprintf(out, "options:\n");
        print_options(out, c->options);
        (void)fputc('\n', out);
    }
    (void)fprintf(out, "options of every command:\n");
    print_options(out, cli_global_options);
}

/* ---- the command line ------------------------------------------------------------------- */

static const struct cli_noun *find_noun(const char *word)
{
    for (size_t i = 0; i < cli_nouns_count; i++) {
        if (strcmp(cli_nouns[i]->name, word) == 0)
            return cli_nouns[i];
    }
    return NULL;
}

static const struct cli_command *find_command(const struct cli_noun *noun, const char *word)
{
    for (size_t i = 0; i < noun->n_commands; i++) {
        if (strcmp(noun->commands[i].name, word) == 0)
            return &noun->commands[i];
    }
    return NULL;
}

static enum cli_exit usage_fault(struct cli *cli)
{
    return cli_fail(cli, CLI_USAGE, "%s (see 'muster%s%s --help')", cli->options.problem,
                    cli->command_name[0] != '\0' ? " " : "", cli->command_name);
}

/* Options up to the next word, which is *ret_word; NULL if there is none. */
static enum cli_exit next_word(struct cli *cli, int argc, char **argv, int *at,
                               const char **ret_word)
{
    const struct cli_option *const tables[] = {cli_global_options};

    if (cli_options_read(&cli->options, tables, 1, argc, argv, true, at) != MST_OK)
        return usage_fault(cli);
    cli->is_json = cli_options_has(&cli->options, "json");
    *ret_word = *at < argc ? argv[*at] : NULL;
    return CLI_OK;
}

static enum cli_exit unknown_command(struct cli *cli, const struct cli_noun *noun, const char *word)
{
    struct mst_buf names;
    enum cli_exit exit;

    mst_buf_init(&names, NAMES_MAX);
    for (size_t i = 0; i < noun->n_commands; i++)
        (void)mst_buf_addf(&names, "%s%s", i > 0 ? ", " : "", noun->commands[i].name);
    (void)mst_buf_add_byte(&names, '\0');
    exit = cli_fail(cli, CLI_USAGE, "there is no command '%s %s', but %s: see 'muster %s --help'",
                    noun->name, word, mst_buf_err(&names) == MST_OK ? names.ptr : "others",
                    noun->name);
    mst_buf_fini(&names);
    return exit;
}

/* Finds command and command_name. CLI_OK without a command: help was shown. */
static enum cli_exit find(struct cli *cli, int argc, char **argv, int *at)
{
    const struct cli_noun *noun;
    const char *word = NULL;
    enum cli_exit exit = next_word(cli, argc, argv, at, &word);

    if (exit != CLI_OK)
        return exit;
    if (cli_options_has(&cli->options, "version")) {
        (void)fprintf(cli->out, "muster %s\n", MST_VERSION);
        return CLI_OK;
    }
    if (word == NULL || cli_options_has(&cli->options, "help")) {
        help_all(cli_options_has(&cli->options, "help") ? cli->out : cli->err);
        return cli_options_has(&cli->options, "help") ? CLI_OK : CLI_USAGE;
    }
    noun = find_noun(word);
    if (noun == NULL)
        return cli_fail(cli, CLI_USAGE, "there is no command '%s': see 'muster --help'", word);
    *at += 1;
    (void)snprintf(cli->command_name, sizeof cli->command_name, "%s", noun->name);
    if (noun->commands[0].name == NULL) {
        cli->command = &noun->commands[0];
        return CLI_OK;
    }
    exit = next_word(cli, argc, argv, at, &word);
    if (exit != CLI_OK)
        return exit;
    if (word == NULL || cli_options_has(&cli->options, "help")) {
        help_noun(cli_options_has(&cli->options, "help") ? cli->out : cli->err, noun);
        return cli_options_has(&cli->options, "help") ? CLI_OK : CLI_USAGE;
    }
    cli->command = find_command(noun, word);
    if (cli->command == NULL)
        return unknown_command(cli, noun, word);
    *at += 1;
    (void)snprintf(cli->command_name, sizeof cli->command_name, "%s %s", noun->name,
                   cli->command->name);
    return CLI_OK;
}

static enum cli_exit read_profile(struct cli *cli)
{
    char path[PATH_TEXT_MAX];
    bool is_named = false;
    enum cli_exit exit = CLI_OK;

    if (!cli_profile_path(cli, path, sizeof path, &is_named))
        return is_named ? cli_fail(cli, CLI_USAGE, "the profile's path is too long") : CLI_OK;
    if (cli->command->is_profile_writer || cli_options_has(&cli->options, "save"))
        exit = cli_file_check_kind(cli, path);
    if (exit != CLI_OK)
        return exit;
    return cli_profile_read(cli, path, is_named && !cli->command->is_profile_maker);
}

static enum cli_exit read_keys(struct cli *cli)
{
    const char *token_file = cli_options_text(&cli->options, "token-file");
    const char *cik_file = cli_options_text(&cli->options, "cik-file");
    enum cli_exit exit = cli_secret_take_env(cli, "MUSTER_TOKEN", &cli->token);

    if (exit == CLI_OK)
        exit = cli_secret_take_env(cli, "MUSTER_CIK", &cli->cik);
    if (exit == CLI_OK && token_file != NULL)
        exit = cli_secret_read(cli, token_file, &cli->token);
    if (exit == CLI_OK && cik_file != NULL)
        exit = cli_secret_read(cli, cik_file, &cli->cik);
    return exit;
}

static enum cli_exit check_operands(struct cli *cli)
{
    size_t n = cli->options.n_operands;

    if (n >= cli->command->min_operands && n <= cli->command->max_operands)
        return CLI_OK;
    return cli_fail(cli, CLI_USAGE, "too %s words: muster %s %s",
                    n < cli->command->min_operands ? "few" : "many", cli->command_name,
                    cli->command->usage);
}

static enum cli_exit run(struct cli *cli, int argc, char **argv)
{
    int at = 1;
    enum cli_exit exit = find(cli, argc, argv, &at);

    if (exit != CLI_OK || cli->command == NULL)
        return exit;
    if (cli_options_read(
            &cli->options,
            (const struct cli_option *const[]){cli_global_options, cli->command->options}, 2, argc,
            argv, false, &at) != MST_OK)
        return usage_fault(cli);
    cli->is_json = cli_options_has(&cli->options, "json");
    if (cli_options_has(&cli->options, "help")) {
        help_command(cli, cli->out);
        return CLI_OK;
    }
    exit = check_operands(cli);
    if (exit == CLI_OK)
        exit = read_keys(cli);
    if (exit == CLI_OK)
        exit = read_profile(cli);
    return exit == CLI_OK ? cli->command->run(cli) : exit;
}

/* JSON values hold keys, and jansson gives memory back as it was. */
static void wipe_free(void *memory)
{
    if (memory != NULL)
        mst_secret_wipe(memory, malloc_usable_size(memory));
    free(memory);
}

int main(int argc, char **argv)
{
    struct cli cli = {.out = stdout, .err = stderr, .is_terminal = isatty(STDERR_FILENO) == 1};
    enum cli_exit exit;

    json_set_alloc_funcs(malloc, wipe_free);
    if (cli_options_init(&cli.options, argc) != MST_OK)
        return cli_no_memory(&cli);
    exit = run(&cli, argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && exit == CLI_OK)
        exit = cli_fail(&cli, CLI_LOCAL, "cannot write the output");
    cli_http_free(cli.http);
    cli_profile_fini(&cli.saved);
    mst_secret_wipe(&cli.cik, sizeof cli.cik);
    mst_secret_wipe(&cli.token, sizeof cli.token);
    cli_options_fini(&cli.options);
    return (int)exit;
}
