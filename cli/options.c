#include "cli/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option HELP = {"help", NULL, "show this help"};

enum mst_err cli_options_init(struct cli_options *options, int argc)
{
    size_t n = argc > 0 ? (size_t)argc : 1;

    *options = (struct cli_options){0};
    options->values = calloc(n, sizeof *options->values);
    options->operands = calloc(n, sizeof *options->operands);
    if (options->values != NULL && options->operands != NULL)
        return MST_OK;
    cli_options_fini(options);
    return MST_ENOMEM;
}

void cli_options_fini(struct cli_options *options)
{
    free(options->values);
    free(options->operands);
    *options = (struct cli_options){0};
}

static const struct cli_option *find(const struct cli_option *const *tables, size_t n_tables,
                                     struct mst_span name)
{
    if (mst_span_eq(name, MST_LIT("help")))
        return &HELP;
    for (size_t t = 0; t < n_tables; t++) {
        for (const struct cli_option *o = tables[t]; o != NULL && o->name != NULL; o = &o[1]) {
            if (mst_span_eq(name, mst_span_str(o->name)))
                return o;
        }
    }
    return NULL;
}

/* A negative number is a word: no option begins with a digit. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

/* One option, whose word is argv[*at]; *at moves behind it and its value. */
static enum mst_err read_option(struct cli_options *options, const struct cli_option *const *tables,
                                size_t n_tables, int argc, char *const *argv, int *at)
{
    const char *word = argv[*at];
    bool is_long = word[1] == '-';
    struct mst_span body = mst_span_str(is_long ? &word[2] : word);
    size_t eq = mst_span_find(body, '=', 0);
    struct mst_span name = mst_span_cut(body, 0, eq);
    const struct cli_option *option =
        mst_span_eq(body, MST_LIT("-h")) ? &HELP : find(tables, n_tables, name);
    const char *value = NULL;

    *at += 1;
    /* The value is left out of messages: it may be a secret given by mistake. */
    if (option == NULL) {
        (void)snprintf(options->problem, sizeof options->problem, "unknown option %s%.*s",
                       is_long ? "--" : "", (int)(name.len < 80 ? name.len : 80), name.ptr);
        return MST_EINVAL;
    }
    if (eq < body.len) {
        if (option->arg == NULL) {
            (void)snprintf(options->problem, sizeof options->problem, "--%s takes no value",
                           option->name);
            return MST_EINVAL;
        }
        value = &body.ptr[eq + 1];
    } else if (option->arg != NULL) {
        if (*at >= argc) {
            (void)snprintf(options->problem, sizeof options->problem, "--%s needs a value: --%s %s",
                           option->name, option->name, option->arg);
            return MST_EINVAL;
        }
        value = argv[*at];
        *at += 1;
    }
    options->values[options->n_values++] = (struct cli_option_value){option, value};
    return MST_OK;
}

enum mst_err cli_options_read(struct cli_options *options, const struct cli_option *const *tables,
                              size_t n_tables, int argc, char *const *argv, bool is_word_wanted,
                              int *at)
{
    while (*at < argc) {
        const char *word = argv[*at];

        if (options->is_ended || !is_option(word)) {
            if (is_word_wanted)
                return MST_OK;
            options->operands[options->n_operands++] = word;
            *at += 1;
        } else if (strcmp(word, "--") == 0) {
            options->is_ended = true;
            *at += 1;
        } else {
            enum mst_err err = read_option(options, tables, n_tables, argc, argv, at);

            if (err != MST_OK)
                return err;
        }
    }
    return MST_OK;
}

const char *cli_options_nth(const struct cli_options *options, const char *name, size_t nth)
{
    for (size_t i = 0; i < options->n_values; i++) {
        if (strcmp(options->values[i].option->name, name) == 0 && nth-- == 0)
            return options->values[i].value;
    }
    return NULL;
}

const char *cli_options_text(const struct cli_options *options, const char *name)
{
    for (size_t i = options->n_values; i > 0; i--) {
        if (strcmp(options->values[i - 1].option->name, name) == 0)
            return options->values[i - 1].value;
    }
    return NULL;
}

bool cli_options_has(const struct cli_options *options, const char *name)
{
    for (size_t i = 0; i < options->n_values; i++) {
        if (strcmp(options->values[i].option->name, name) == 0)
            return true;
    }
    return false;
}

enum mst_err cli_options_number(struct cli_options *options, const char *name, uint64_t min,
                                uint64_t max, uint64_t fallback, uint64_t *ret_number)
{
    const char *text = cli_options_text(options, name);
    uint64_t number = fallback;

    if (text != NULL &&
        (mst_span_u64(mst_span_str(text), max, &number) != MST_OK || number < min)) {
        (void)snprintf(options->problem, sizeof options->problem,
                       "--%s must be a number from %" PRIu64 " to %" PRIu64, name, min, max);
        return MST_EINVAL;
    }
    *ret_number = number;
    return MST_OK;
}
